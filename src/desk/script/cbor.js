/** Deterministic CBOR (RFC 8949 §4.2): read strictly, and written again to compare. */
import { decode, encode } from 'cborg';
import { malformed } from './text.js';

/** @returns {unknown} maps as `Map`, byte strings as `Uint8Array` */
export function read(bytes) {
  let value;
  try {
    value = decode(bytes, {
      useMaps: true,
      strict: true,
      allowIndefinite: false,
      allowUndefined: false,
      allowInfinity: false,
      allowNaN: false,
      rejectDuplicateMapKeys: true,
    });
  } catch {
    throw malformed('not_cbor');
  }
  if (!equal(encode(value), bytes)) throw malformed('not_canonical');
  return value;
}

export function equal(left, right) {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A byte string with its head. */
export function byteString(bytes) {
  return encode(bytes);
}
