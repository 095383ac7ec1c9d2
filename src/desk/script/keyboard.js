/**
 * Scanners that type: a burst of keys too fast for a hand, mostly ended by Enter. What they type is caught
 * wherever the focus is, so that a blank in it presses no button, and is understood under any layout.
 */
import { ALPHABET, PREFIX } from './text.js';
import { byPlace, fromRussianLayout } from './layout.js';
import { readNumber } from './number.js';

/** Milliseconds between two keys; slow Bluetooth scanners need 40, fast typists 80. */
const FAST = 65;

/** Fast keys in a row before it is taken for a scanner. */
const BURST = 3;

/** After this long it is another text. */
const PAUSE = 250;

/** A scanner may falter (radio, a busy machine) in the middle of what no hand types. */
const LONG_PAUSE = 1500;

/** What was typed, as long as it was typed in one go. */
export class Burst {
  constructor() {
    this.clear();
  }

  clear() {
    this.keys = '';
    this.places = '';
    this.last = -Infinity;
    this.fast = 0;
    this.isCredential = false;
  }

  /** Whether no hand can have typed this. */
  get isScanner() {
    return this.fast >= BURST;
  }

  get pause() {
    return this.isCredential ? LONG_PAUSE : PAUSE;
  }

  goesOnAt(now) {
    return now - this.last <= this.pause;
  }

  /**
   * Takes one key.
   * @param {{key: string, code: string, shiftKey: boolean}} event
   * @param {number} now milliseconds
   */
  take(event, now) {
    if (!this.goesOnAt(now)) this.clear();
    if (now - this.last <= FAST) this.fast += 1;
    else if (!this.isScanner) this.fast = 0;
    this.last = now;
    this.keys += event.key;
    this.places += byPlace(event) ?? event.key;
    this.isCredential ||= this.read()?.startsWith(PREFIX) ?? false;
  }

  /**
   * What was scanned: by the letters that came, by the places of the keys, or by the letters as if typed
   * under the Russian layout; whichever is a credential or a number.
   * @returns {string|null}
   */
  read() {
    if (!this.isScanner) return null;
    const readings = [this.keys, this.places, fromRussianLayout(this.keys)].map((text) => fromPrefix(text.toUpperCase()));
    const right = readings.find(isCredential) ?? readings.find((text) => readNumber(text).number);
    return right ?? readings[1];
  }
}

/** Without what a hand had typed just before. */
function fromPrefix(text) {
  return text.slice(Math.max(0, text.indexOf(PREFIX)));
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

  const put = (text) => {
    if (field) field.value = text;
    field = null;
  };

  const finish = () => {
    clearTimeout(quiet);
    const text = burst.read();
    put(before);
    burst.clear();
    onScan(text);
  };

  // No Enter came: a scanner that sends none, or a very fast hand, which gets its letters back.
  const silent = () => {
    if (burst.read()?.startsWith(PREFIX)) return finish();
    put(before + burst.keys);
    burst.clear();
  };

  const down = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat) return;
    const now = event.timeStamp;
    if (['Enter', 'Tab'].includes(event.key) && burst.isScanner && burst.goesOnAt(now)) {
      swallow(event);
      finish();
      return;
    }
    if (event.key.length !== 1) return;
    if (!burst.goesOnAt(now)) {
      field = event.target.matches?.('input:not([type=file]), textarea') ? event.target : null;
      before = field?.value ?? '';
    }
    burst.take(event, now);
    if (!burst.isScanner) return;
    swallow(event);
    clearTimeout(quiet);
    quiet = setTimeout(silent, burst.pause);
  };

  // A button is pressed when Space comes up again.
  const up = (event) => {
    if (burst.isScanner && burst.goesOnAt(event.timeStamp)) swallow(event);
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
