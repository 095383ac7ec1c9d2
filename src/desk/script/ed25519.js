/**
 * Ed25519 by WebCrypto; by @noble/ed25519 in browsers whose WebCrypto does not have it yet (Chrome before
 * 137, Firefox before 129, Safari before 17).
 */
import * as noble from '@noble/ed25519';

const ALGORITHM = { name: 'Ed25519' };
const imported = new Map();

/** Encodings of the points of small order, under which anybody can forge; the sign bit is left out. */
const SMALL_ORDER = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

export function isSmallOrder(publicKey) {
  const bytes = Uint8Array.from(publicKey);
  bytes[31] &= 0x7f;
  return SMALL_ORDER.has(hex(bytes));
}

/**
 * Whether the signature is the key's. The key is one of {@link import('./keyring.js').Keyring}, which
 * holds none of small order.
 */
export async function verify(publicKey, signature, message) {
  const key = await importPublic(publicKey);
  if (key) return crypto.subtle.verify(ALGORITHM, key, signature, message);
  return noble.verifyAsync(signature, message, publicKey, { zip215: false });
}

async function importPublic(publicKey) {
  const name = hex(publicKey);
  if (!imported.has(name)) {
    const key = crypto.subtle.importKey('raw', publicKey, ALGORITHM, false, ['verify']);
    imported.set(name, key.catch(() => null));
  }
  return imported.get(name);
}

/**
 * A key pair whose private half never leaves the browser. Where WebCrypto has no Ed25519, the secret is
 * kept encrypted by `seal`, whose key does not leave the browser either.
 */
export async function generate(seal) {
  try {
    const pair = await crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify']);
    const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
    return { publicKey, privateKey: pair.privateKey, sealed: null };
  } catch (error) {
    if (error.name !== 'NotSupportedError') throw error;
    const { secretKey, publicKey } = await noble.keygenAsync();
    return { publicKey, privateKey: null, sealed: await seal([...secretKey]) };
  }
}

export async function sign({ privateKey, sealed }, message, unseal) {
  if (privateKey) return new Uint8Array(await crypto.subtle.sign(ALGORITHM, privateKey, message));
  return noble.signAsync(message, Uint8Array.from(await unseal(sealed)));
}

function hex(bytes) {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
