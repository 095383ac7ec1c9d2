/**
 * The voucher's number, `PSK20-0001234-5`, as people type it: also with the Russian keyboard left on, or
 * with Cyrillic letters that look like Latin ones.
 */
import { fromRussianLayout } from './layout.js';

const SHAPE = /^([A-Z0-9]{2,8})-(\d{7}|[1-9]\d{7,19})-(\d)$/;

/** The totally anti-symmetric quasigroup of order 10 from H. M. Damm's thesis (Marburg, 2004). */
const DAMM = [
  '0317598642', '7092154863', '4206871359', '1750983426', '6123045978',
  '3674209581', '5869720134', '8945362017', '9438617205', '2581436790',
];

const LOOK_ALIKES = new Map([...'АВЕКМНОРСТУХЗ'].map((letter, at) => [letter, 'ABEKMHOPCTYX3'[at]]));

/**
 * @param {string} text
 * @returns {{number: string}|{reason: 'shape'|'check_digit'}}
 */
export function readNumber(text) {
  const typed = text.trim().replace(/[‐-―−]/g, '-').replace(/\s+/g, '');
  const readings = [typed.toUpperCase(), fromRussianLayout(typed).toUpperCase(), latin(typed.toUpperCase())];
  const shaped = readings.filter((reading) => SHAPE.test(reading));
  const right = shaped.find(hasCheckDigit);
  if (right) return { number: right };
  return { reason: shaped.length ? 'check_digit' : 'shape' };
}

function latin(text) {
  return [...text].map((letter) => LOOK_ALIKES.get(letter) ?? letter).join('');
}

function hasCheckDigit(number) {
  const [code, serial, check] = number.split('-');
  return String([...code, ...serial].reduce(step, 0)) === check;
}

/** A letter counts as two digits: A is 10, Z is 35. */
function step(interim, character) {
  const value = Number.parseInt(character, 36);
  const digits = value < 10 ? [value] : [Math.floor(value / 10), value % 10];
  return digits.reduce((carried, digit) => Number(DAMM[carried][digit]), interim);
}
