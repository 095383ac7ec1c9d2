/** The service's public keys (`/.well-known/jwks.json`), with their states, as of when they were fetched. */
import { base64url } from './credential.js';
import { isSmallOrder } from './ed25519.js';

/** Keys this old may hide that one was declared compromised. */
const FRESH_FOR = 7 * 24 * 3600 * 1000;

export class Keyring {
  constructor(issuer, keys, fetchedAt) {
    this.issuer = issuer;
    this.fetchedAt = fetchedAt;
    this.keys = keys;
  }

  /**
   * @param {object} jwks
   * @param {number} fetchedAt
   * @throws {Error} when it is not a key set of ours; the one at hand is kept then
   */
  static async read(jwks, fetchedAt) {
    const keys = new Map();
    for (const jwk of jwks.keys.filter(({ purpose }) => purpose === 'credential')) {
      keys.set(jwk.kid, await readKey(jwk));
    }
    if (typeof jwks.issuer !== 'string' || !keys.size) throw new Error('not a key set');
    return new Keyring(jwks.issuer, keys, fetchedAt);
  }

  /** The credential key of this id, if it is known. */
  key(kid) {
    return this.keys.get(kid) ?? null;
  }

  staleAt(now) {
    return now - this.fetchedAt > FRESH_FOR;
  }
}

async function readKey({ kty, crv, x, kid, state, valid_from, valid_until, compromised_at }) {
  const publicKey = fromBase64url(x);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', publicKey));
  const isOurs = kty === 'OKP' && crv === 'Ed25519' && publicKey.length === 32;
  if (!isOurs || base64url(digest.slice(0, 8)) !== kid || isSmallOrder(publicKey)) {
    throw new Error(`key ${kid} cannot be used`);
  }
  return {
    public: publicKey,
    state,
    validFrom: Date.parse(valid_from),
    validUntil: valid_until ? Date.parse(valid_until) : null,
    compromisedAt: compromised_at ? Date.parse(compromised_at) : null,
  };
}

export function fromBase64url(text) {
  const binary = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
