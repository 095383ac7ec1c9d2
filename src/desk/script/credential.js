/**
 * A credential checked on the device: COSE_Sign1 (RFC 9052) by Ed25519 over CWT claims (RFC 8392), as
 * docs/formats.md has it and in that order: text, envelope, key, signature, and only then what it says.
 */
import { byteString, concat, equal, read } from './cbor.js';
import { verify as verifySignature } from './ed25519.js';
import { decode, malformed } from './text.js';
import { Refused, cannotTell, good, refused } from './verdict.js';

const PROTECTED_START = Uint8Array.of(0xa3, 0x01, 0x32, 0x03, 0x18, 0x3d, 0x04, 0x48);
const KID_LENGTH = 8;
const SIGNATURE_LENGTH = 64;
const FORMAT_VERSION = 1;

/**
 * Everything the device can say of a credential by itself.
 * @param {string} text
 * @param {{keyring: import('./keyring.js').Keyring|null, now: number, audience: string|null,
 *   status: (claims: object) => {value: number|null, stale: boolean, at: number|null}}} known
 * @returns {Promise<import('./verdict.js').Verdict>}
 */
export async function check(text, { keyring, now, audience, status }) {
  let claims = null;
  try {
    const envelope = open(decode(text));
    if (!keyring) return cannotTell('keys_missing', {}, null, false);
    const key = keyring.key(envelope.kid);
    if (!key) return cannotTell('unknown_key', { kid: envelope.kid }, null, false);
    const message = toBeSigned(envelope.protected, envelope.payload);
    if (!(await verifySignature(key.public, envelope.signature, message))) {
      return refused('bad_signature', { kid: envelope.kid });
    }
    claims = readClaims(envelope.payload);
    checkIssue(claims, key, keyring.issuer);
    checkPlaceAndTime(claims, audience, now);
    return withStatus(claims, status(claims), keyring.staleAt(now), keyring.fetchedAt);
  } catch (error) {
    if (error instanceof Refused) return refused(error.code, error.facts, claims);
    throw error;
  }
}

/** What a credential says, without asking whether it is true: to show whose it seems to be. */
export function peek(text) {
  try {
    return readClaims(open(decode(text)).payload);
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
}

/** Takes the envelope apart and compares it with what we would write around the same parts. */
function open(bytes) {
  const parts = byteStrings(bytes);
  const kid = parts.protected.slice(PROTECTED_START.length);
  if (!equal(parts.protected.slice(0, PROTECTED_START.length), PROTECTED_START) || kid.length !== KID_LENGTH) {
    throw malformed('wrong_header');
  }
  if (parts.signature.length !== SIGNATURE_LENGTH) throw malformed('wrong_signature_length');
  const again = concat(
    Uint8Array.of(0xd2, 0x84),
    byteString(parts.protected),
    Uint8Array.of(0xa0),
    byteString(parts.payload),
    byteString(parts.signature),
  );
  if (!equal(again, bytes)) throw malformed('not_canonical');
  return { ...parts, kid: base64url(kid) };
}

/** Tag 18 and an array of four: byte string, empty map, byte string, byte string. */
function byteStrings(bytes) {
  if (bytes[0] !== 0xd2) throw malformed('not_cose_sign1');
  const items = read(bytes.subarray(1));
  const isCose =
    Array.isArray(items) &&
    items.length === 4 &&
    [0, 2, 3].every((place) => items[place] instanceof Uint8Array) &&
    items[1] instanceof Map;
  if (!isCose) throw malformed('not_cose_sign1');
  if (items[1].size) throw malformed('unprotected_header');
  return { protected: items[0], payload: items[2], signature: items[3] };
}

const SIGNATURE_1 = concat(Uint8Array.of(0x84, 0x6a), new TextEncoder().encode('Signature1'));

/** The `Sig_structure` of RFC 9052 §4.4 with empty external data. */
function toBeSigned(protectedHeader, payload) {
  return concat(SIGNATURE_1, byteString(protectedHeader), Uint8Array.of(0x40), byteString(payload));
}

const isText = (value) => typeof value === 'string';
const isUnsigned = (value) => Number.isSafeInteger(value) && value >= 0;
const isUuid = (value) => value instanceof Uint8Array && value.length === 16;
const isMap = (value) => value instanceof Map;

function readClaims(payload) {
  const all = take(read(payload), 8);
  const status = take(all('status', 65535, isMap), 1);
  const list = take(status('status_list', 'status_list', isMap), 2);
  const ours = take(all('voucher', -70001, isMap), 7);
  if (ours('format_version', 1, isUnsigned) !== FORMAT_VERSION) throw malformed('unsupported_format_version');
  return {
    issuer: all('iss', 1, isText),
    audience: all('aud', 3, isText),
    expiresAt: all('exp', 4, isUnsigned) * 1000,
    notBefore: all('nbf', 5, isUnsigned) * 1000,
    issuedAt: all('iat', 6, isUnsigned) * 1000,
    voucherId: uuid(all('cti', 7, isUuid)),
    statusIndex: list('idx', 'idx', isUnsigned),
    statusUri: list('uri', 'uri', isText),
    version: ours('credential_version', 2, isUnsigned),
    programmeId: uuid(ours('programme_id', 3, isUuid)),
    agencyCode: ours('agency_code', 4, isText),
    hours: ours('course_hours', 5, isUnsigned),
    faceValue: ours('face_value', 6, isUnsigned),
    holder: ours('holder', 7, isText),
  };
}

/** Reads the entries of a map that must have exactly so many. */
function take(map, size) {
  if (!isMap(map)) throw malformed('bad_claim');
  if (map.size > size) throw malformed('unknown_claim');
  return (name, key, isRight) => {
    const value = map.get(key);
    if (!isRight(value)) throw malformed('bad_claim', { claim: name });
    return value;
  };
}

function checkIssue(claims, key, issuer) {
  if (claims.issuer !== issuer) throw new Refused('wrong_issuer', { issuer: claims.issuer, expected: issuer });
  if (key.state === 'compromised') throw new Refused('key_compromised', { compromised_at: key.compromisedAt });
  const seconds = (time) => Math.floor(time / 1000);
  const begun = seconds(key.validFrom) <= seconds(claims.issuedAt);
  const ended = key.validUntil !== null && claims.issuedAt >= key.validUntil;
  if (!begun || ended) throw new Refused('key_not_valid_at_issue', { issued_at: claims.issuedAt });
}

/** The last day counts whole: `expiresAt` is 00:00:00 Moscow of the day after it. */
function checkPlaceAndTime(claims, audience, now) {
  if (audience !== null && claims.audience !== audience) {
    throw new Refused('wrong_university', { audience: claims.audience });
  }
  if (now < claims.notBefore) throw new Refused('not_yet_valid', { not_before: claims.notBefore });
  if (now >= claims.expiresAt) throw new Refused('expired', { expires_at: claims.expiresAt });
}

/** Values of the status list (docs/formats.md): 0 valid. */
const STATUS_CODES = { 1: 'status_invalid', 2: 'suspended', 3: 'already_redeemed' };

/** A list or keys too old can clear nobody and condemn nobody. */
function withStatus(claims, { value, stale, at }, keysStale, keysAt) {
  const facts = { status_list_at: at, keys_at: keysAt };
  if (value === null) return cannotTell('status_missing', facts, claims, true);
  const code = STATUS_CODES[value];
  if (value !== 0 && !stale) return refused(code, facts, claims);
  if (stale) return cannotTell('status_stale', { ...facts, last_known: code ?? null }, claims, value === 0);
  if (keysStale) return cannotTell('keys_stale', facts, claims, true);
  return good(claims, facts);
}

function uuid(bytes) {
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}
