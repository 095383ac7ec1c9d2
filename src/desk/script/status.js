/**
 * Status lists (IETF Token Status List) as a signed JWT: which vouchers are suspended, redeemed or no longer
 * good, as of when the service signed it. Two bits a voucher; docs/formats.md has the values.
 */
import { verify } from './ed25519.js';
import { fromBase64url } from './keyring.js';

/** 2 bits × 32 million vouchers: far above any list, far below what fills a phone. */
const MAX_BYTES = 8 * 1024 * 1024;

/**
 * Reads a list and checks who signed it and for which address.
 * @param {string} token the JWT
 * @param {string} uri the list's name in the credentials
 * @param {import('./keyring.js').Keyring} keyring
 * @returns {Promise<{uri: string, bytes: Uint8Array, issuedAt: number, expiresAt: number}>}
 * @throws {Error} when it is not a list that we may believe
 */
export async function readStatusList(token, uri, keyring) {
  const [head, body, signature, ...rest] = token.trim().split('.');
  if (!signature || rest.length) throw new Error('not a JWT');
  const header = json(head);
  if (header.alg !== 'EdDSA' || header.typ !== 'statuslist+jwt') throw new Error('not a status list');
  const key = keyring.key(header.kid);
  if (!key || key.state === 'compromised') throw new Error('signed by no key of ours');
  const message = new TextEncoder().encode(`${head}.${body}`);
  if (!(await verify(key.public, fromBase64url(signature), message))) throw new Error('bad signature');
  const { sub, iat, exp, ttl, status_list: list } = json(body);
  if (sub !== uri || list?.bits !== 2 || !Number.isFinite(iat)) throw new Error('another list');
  const expiresAt = Number.isFinite(exp) ? exp : iat + (Number.isFinite(ttl) ? ttl : 0);
  return {
    uri,
    bytes: await inflate(fromBase64url(list.lst)),
    issuedAt: iat * 1000,
    expiresAt: expiresAt * 1000,
  };
}

/**
 * What a list says of a voucher.
 * @returns {{value: number|null, stale: boolean, at: number|null}} no value without a list that reaches so far
 */
export function lookUp(list, index, now) {
  const byte = list?.bytes[index >> 2];
  if (byte === undefined || index < 0) return { value: null, stale: true, at: list?.issuedAt ?? null };
  return { value: (byte >> ((index & 3) * 2)) & 3, stale: now >= list.expiresAt, at: list.issuedAt };
}

async function inflate(bytes) {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate')).getReader();
  const parts = [];
  let length = 0;
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    length += value.length;
    if (length > MAX_BYTES) {
      await reader.cancel();
      throw new Error('a list too long');
    }
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function json(part) {
  return JSON.parse(new TextDecoder().decode(fromBase64url(part)));
}
