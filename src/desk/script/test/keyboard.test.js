import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Burst } from '../keyboard.js';
import { fromRussianLayout } from '../layout.js';
import { readNumber } from '../number.js';
import { presented } from '../scanner-panel.js';

const TEXT = 'TV1:6BFOXN*TS0BI$ZD-/:.8 %+1';

/** What a keyboard of US form sends for a text, under a layout. */
function keys(text, layout) {
  const shifted = { $: 'Digit4', '%': 'Digit5', '*': 'Digit8', '+': 'Equal', ':': 'Semicolon' };
  const plain = { '-': 'Minus', '.': 'Period', '/': 'Slash', ' ': 'Space' };
  const russian = { $: ';', ':': 'Ж', '.': 'ю', '/': '.' };
  const letters = Object.fromEntries([...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].map((letter, at) => [letter, 'ФИСВУАПРШОЛДЬТЩЗЙКЫЕГМЦЧНЯ'[at]]));
  return [...text].map((character) => {
    const code = shifted[character] ?? plain[character] ?? (/\d/.test(character) ? `Digit${character}` : `Key${character}`);
    const shiftKey = character in shifted || /[A-Z]/.test(character);
    const key = layout === 'russian' ? (letters[character] ?? russian[character] ?? character) : character;
    return { key, code, shiftKey };
  });
}

function scan(events, gap = 12) {
  const burst = new Burst();
  events.forEach((event, at) => burst.take(event, at * gap));
  return burst.read();
}

test('a scanner is read under the Latin and the Russian layout', () => {
  assert.equal(scan(keys(TEXT, 'latin')), TEXT);
  assert.equal(scan(keys(TEXT, 'russian')), TEXT);
});

test('also where the places of the keys are not told, and with caps lock', () => {
  const nowhere = keys(TEXT, 'russian').map((event) => ({ ...event, code: '' }));
  assert.equal(scan(nowhere), TEXT);
  const caps = keys(TEXT, 'latin').map((event) => ({ ...event, key: event.key.toLowerCase() }));
  assert.equal(scan(caps), TEXT);
});

test('a scanner set to another layout than ours is believed by its letters', () => {
  const german = keys(TEXT, 'latin').map((event) => (event.key === ':' ? { ...event, code: 'Period', shiftKey: true } : event));
  assert.equal(scan(german), TEXT);
});

test('a scanner may falter in the middle, and a hand may have typed before it', () => {
  const burst = new Burst();
  keys('PS', 'latin').forEach((event, at) => burst.take(event, at * 200));
  keys(TEXT, 'latin').forEach((event, at) => burst.take(event, 400 + at * 12 + (at > 20 ? 800 : 0)));
  assert.equal(burst.read(), TEXT);
});

test('a hand is not a scanner', () => {
  assert.equal(scan(keys('PSK20-0001234-5', 'latin'), 90), null);
});

test('numbers: check digit, Russian layout, letters that look alike', () => {
  const right = [...'0123456789'].map((check) => `PSK20-0001234-${check}`).filter((number) => readNumber(number).number);
  assert.equal(right.length, 1);
  const [number] = right;
  assert.equal(readNumber(` ${number.toLowerCase()} `).number, number);
  assert.equal(readNumber(number.replace('PSK', 'ЗЫЛ')).number, number, 'typed under the Russian layout');
  assert.equal(readNumber(number.replace('PSK', 'РSК')).number, number, 'Cyrillic Р and К');
  assert.equal(readNumber(number.replaceAll('-', '–')).number, number);
  assert.deepEqual(readNumber(number.replace('1234', '1243')), { reason: 'check_digit' });
  assert.deepEqual(readNumber('PSK20-1234-5'), { reason: 'shape' });
  assert.deepEqual(presented(number), { number });
  assert.deepEqual(presented('https://example.org/'), { credential: 'https://example.org/' });
});

test('the Russian layout maps back', () => {
  assert.equal(fromRussianLayout('ЕМ1Ж'), 'TV1:');
  assert.equal(fromRussianLayout('TV1:'), 'TV1:');
});
