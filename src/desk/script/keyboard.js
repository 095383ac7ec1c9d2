/**
 * Scanners that type: a burst of keys too fast for a hand, mostly ended by Enter. What they type is caught
 * wherever the focus is, so that a blank in it presses no button, and is understood under any layout.
 */
import { ALPHABET, PREFIX } from './text.js';
import { byPlace, fromRussianLayout } from './layout.js';
import { readNumber } from './number.js';

/** Milliseconds between two keys; slow Bluetooth scanners need 40, fast typists 80. */
const FAST = 65;

/** Keys in a row before it is taken for a scanner. */
const BURST = 4;

/** A scanner that sends no Enter is done when it is silent this long. */
const SILENCE = 150;

/** What was typed fast, as far as it can be told. */
export class Burst {
  constructor() {
    this.clear();
  }

  clear() {
    this.keys = '';
    this.places = '';
    this.last = -Infinity;
  }

  /**
   * Takes one key.
   * @param {{key: string, code: string, shiftKey: boolean}} event
   * @param {number} now milliseconds
   * @returns {boolean} whether this is a scanner by now
   */
  take(event, now) {
    if (now - this.last > FAST) this.clear();
    this.last = now;
    this.keys += event.key;
    this.places += byPlace(event) ?? event.key;
    return this.keys.length >= BURST;
  }

  /**
   * What was scanned: by the letters that came, by the places of the keys, or by the letters as if typed
   * under the Russian layout; whichever is a credential or a number.
   * @returns {string|null}
   */
  read() {
    if (this.keys.length < BURST) return null;
    const readings = [this.keys, this.places, fromRussianLayout(this.keys)].map((text) => text.toUpperCase());
    const right = readings.find(isCredential) ?? readings.find((text) => readNumber(text).number);
    return right ?? readings[1];
  }
}

function isCredential(text) {
  return text.startsWith(PREFIX) && [...text].every((character) => ALPHABET.includes(character));
}

/**
 * @param {(text: string) => void} onScan
 * @returns {() => void} stops listening
 */
export function listen(onScan, target = window) {
  const burst = new Burst();
  let field = null;
  let before = '';
  let quiet = null;

  const finish = () => {
    clearTimeout(quiet);
    const text = burst.read();
    burst.clear();
    if (field) field.value = before;
    field = null;
    if (text) onScan(text);
  };

  const down = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat) return;
    const now = event.timeStamp;
    const isEnd = event.key === 'Enter' || event.key === 'Tab';
    if (isEnd && burst.keys.length >= BURST && now - burst.last <= FAST * 2) {
      swallow(event);
      finish();
      return;
    }
    if (event.key.length !== 1) return;
    if (now - burst.last > FAST) {
      field = event.target.matches?.('input:not([type=file]), textarea') ? event.target : null;
      before = field?.value ?? '';
    }
    if (!burst.take(event, now)) return;
    swallow(event);
    clearTimeout(quiet);
    quiet = setTimeout(() => (burst.read()?.startsWith(PREFIX) ? finish() : burst.clear()), SILENCE);
  };

  // A button is pressed when Space comes up again.
  const up = (event) => {
    if (burst.keys.length >= BURST && event.timeStamp - burst.last <= FAST) swallow(event);
  };

  target.addEventListener('keydown', down, true);
  target.addEventListener('keyup', up, true);
  return () => {
    target.removeEventListener('keydown', down, true);
    target.removeEventListener('keyup', up, true);
  };
}

function swallow(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}
