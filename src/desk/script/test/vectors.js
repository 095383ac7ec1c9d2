/**
 * A second writer of the service's format, after docs/formats.md, with the key of the Rust tests
 * (tests/support/credential.rs): for what the service itself would never sign.
 */
import { encode } from 'cborg';
import { webcrypto } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { ALPHABET, PREFIX } from '../text.js';
import { base64url } from '../credential.js';

export const ISSUER = 'vouchers.pskov.example';
export const ISSUED = 1_584_439_200;
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

export async function signer(secret = 7) {
  const der = Buffer.concat([PKCS8, Buffer.alloc(32, secret)]);
  const key = await webcrypto.subtle.importKey('pkcs8', der, { name: 'Ed25519' }, true, ['sign']);
  const { x } = await webcrypto.subtle.exportKey('jwk', key);
  const publicKey = Buffer.from(x, 'base64url');
  const digest = await webcrypto.subtle.digest('SHA-256', publicKey);
  const kid = new Uint8Array(digest).slice(0, 8);
  const sign = async (bytes) => new Uint8Array(await webcrypto.subtle.sign('Ed25519', key, bytes));
  return { publicKey, kid, sign };
}

export async function jwks(of, changes = {}) {
  const key = {
    kty: 'OKP', crv: 'Ed25519', x: base64url(of.publicKey), kid: base64url(of.kid), use: 'sig', alg: 'Ed25519',
    purpose: 'credential', state: 'active', valid_from: new Date((ISSUED - 3600) * 1000).toISOString(), ...changes,
  };
  return { issuer: ISSUER, keys: [key] };
}

export function claims(changes = {}) {
  const ours = new Map([
    [1, 1], [2, 1], [3, Buffer.from('0170e7b08c007fff9def0123456789ab', 'hex')], [4, 'KOMZDRAV'], [5, 72],
    [6, 650_000], [7, 'Константинопольский В. А.'],
  ]);
  const status = new Map([['status_list', new Map([['idx', 1_234_567], ['uri', 'https://vouchers.pskov.example/s/1']])]]);
  return new Map([
    [1, ISSUER], [3, 'pskovgu'], [4, 1_609_448_400], [5, ISSUED], [6, ISSUED],
    [7, Buffer.from('0170e7b08c007abc8def0123456789ab', 'hex')], [65535, status], [-70001, ours],
    ...Object.entries(changes).map(([key, value]) => [Number(key), value]),
  ]);
}

/** Signs whatever it is given; `change` may spoil the protected header before it is signed. */
export async function credential(of, content = claims(), change = (header) => header) {
  const payload = content instanceof Uint8Array ? content : encode(content);
  const header = change(encode(new Map([[1, -19], [3, 61], [4, of.kid]])));
  const signed = encode(['Signature1', header, new Uint8Array(0), payload]);
  const signature = await of.sign(signed);
  return text(Buffer.concat([Buffer.of(0xd2), encode([header, new Map(), payload, signature])]));
}

export function text(bytes) {
  let written = PREFIX;
  for (let at = 0; at < bytes.length; at += 2) {
    const pair = [...bytes.slice(at, at + 2)];
    let value = pair.reduce((sum, byte) => sum * 256 + byte, 0);
    for (let digit = 0; digit <= pair.length; digit += 1) {
      written += ALPHABET[value % 45];
      value = Math.floor(value / 45);
    }
  }
  return written;
}

/** A status list with the given values, two bits each, from index 0 on. */
export async function statusList(of, uri, values, changes = {}) {
  const bytes = Buffer.alloc(Math.ceil(values.length / 4));
  values.forEach((value, index) => (bytes[index >> 2] |= value << ((index & 3) * 2)));
  return statusToken(of, uri, bytes, changes);
}

export async function statusToken(of, uri, bytes, changes = {}) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const head = part({ alg: 'EdDSA', kid: base64url(of.kid), typ: 'statuslist+jwt' });
  const lst = deflateSync(bytes).toString('base64url');
  const body = part({ sub: uri, iat: ISSUED, exp: ISSUED + 3600, ttl: 900, status_list: { bits: 2, lst }, ...changes });
  const signature = await of.sign(Buffer.from(`${head}.${body}`));
  return `${head}.${body}.${base64url(signature)}`;
}
