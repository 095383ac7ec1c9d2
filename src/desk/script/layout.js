/** What a key would have written under the Latin layout, when the Russian one was left on. */

const RUSSIAN = 'йцукенгшщзхъфывапролджэячсмитьбю.ЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮ,"№;:?';
const LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,./QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>?@#$^&";
const KEYS = new Map([...RUSSIAN].map((key, at) => [key, LATIN[at]]));

/** For text whose keys are not known: as if all of it was typed under the Russian layout. */
export function fromRussianLayout(text) {
  return /[а-яё№]/i.test(text) ? [...text].map((key) => KEYS.get(key) ?? key).join('') : text;
}

const SHIFTED = { 4: '$', 5: '%', 8: '*' };
const OTHERS = { Minus: '-', Period: '.', Slash: '/', Space: ' ', NumpadSubtract: '-', NumpadAdd: '+',
  NumpadMultiply: '*', NumpadDivide: '/', NumpadDecimal: '.' };

/**
 * The character of a credential that the physical key of a keyboard event stands for, whatever the
 * layout; null for any other key.
 * @param {{code: string, shiftKey: boolean}} event
 */
export function byPlace({ code, shiftKey }) {
  const letter = /^Key([A-Z])$/.exec(code);
  if (letter) return letter[1];
  const digit = /^(Digit|Numpad)(\d)$/.exec(code);
  if (digit) return shiftKey && digit[1] === 'Digit' ? (SHIFTED[digit[2]] ?? null) : digit[2];
  if (code === 'Semicolon') return shiftKey ? ':' : null;
  if (code === 'Equal') return shiftKey ? '+' : null;
  return OTHERS[code] ?? null;
}
