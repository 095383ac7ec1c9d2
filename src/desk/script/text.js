/**
 * The text form of a credential: `TV1:` and base45 (RFC 9285), taken in exactly the one spelling that the
 * service writes (docs/formats.md).
 */
import { Refused } from './verdict.js';

export const PREFIX = 'TV1:';

/** Anything longer is refused unread. */
const MAX_READ = 1024;

export const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';
const VALUES = new Map([...ALPHABET].map((character, digit) => [character, digit]));

/**
 * The bytes behind a text, whatever they say.
 * @param {string} text
 * @returns {Uint8Array}
 * @throws {Refused} `malformed_credential` with `reason` `text_too_long`, `wrong_prefix`, `bad_base45`
 */
export function decode(text) {
  if (text.length > MAX_READ) throw malformed('text_too_long');
  if (!text.startsWith(PREFIX)) throw malformed('wrong_prefix');
  const bytes = [];
  for (let at = PREFIX.length; at < text.length; at += 3) {
    const digits = [...text.slice(at, at + 3)].map((character) => VALUES.get(character));
    if (digits.length === 1 || digits.includes(undefined)) throw malformed('bad_base45');
    const value = digits.reduceRight((higher, digit) => higher * 45 + digit, 0);
    const size = digits.length - 1;
    if (value >= 256 ** size) throw malformed('bad_base45');
    if (size === 2) bytes.push(value >> 8);
    bytes.push(value & 255);
  }
  return Uint8Array.from(bytes);
}

export function malformed(reason, facts = {}) {
  return new Refused('malformed_credential', { reason, ...facts });
}
