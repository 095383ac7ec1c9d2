import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFile } from 'node:fs/promises';
import { encode } from 'cborg';
import { check, peek } from '../credential.js';
import { Keyring } from '../keyring.js';
import { decode } from '../text.js';
import { ISSUED, claims, credential, jwks, signer, text } from './vectors.js';

const key = await signer();
const NOW = (ISSUED + 86_400) * 1000;
const valid = () => ({ value: 0, stale: false, at: NOW });

async function judge(written, { now = NOW, audience = 'pskovgu', status = valid, keys = {}, fetchedAt = NOW } = {}) {
  const keyring = await Keyring.read(await jwks(key, keys), fetchedAt);
  return check(written, { keyring, now, audience, status });
}

async function reason(written) {
  const { verdict, code, facts } = await judge(written);
  assert.deepEqual([verdict, code], ['refused', 'malformed_credential']);
  return facts.reason;
}

test('a genuine credential of the service is good', async () => {
  const { jwks: keys, vouchers } = JSON.parse(await readFile(new URL('genuine.json', import.meta.url)));
  for (const { credential: genuine, holder, voucher_id, now } of vouchers) {
    const keyring = await Keyring.read(keys, now);
    const verdict = await check(genuine, { keyring, now, audience: peek(genuine).audience, status: valid });
    assert.equal(verdict.verdict, 'good', verdict.code);
    assert.equal(verdict.claims.voucherId, voucher_id);
    assert.equal(verdict.claims.hours, 72);
    if (holder) assert.equal(verdict.claims.holder, holder);
  }
});

test('the claims come out as they were signed', async () => {
  const { verdict, claims: read } = await judge(await credential(key));
  assert.equal(verdict, 'good');
  assert.equal(read.holder, 'Константинопольский В. А.');
  assert.equal(read.voucherId, '0170e7b0-8c00-7abc-8def-0123456789ab');
  assert.equal(read.faceValue, 650_000);
  assert.equal(read.expiresAt, Date.parse('2021-01-01T00:00:00+03:00'));
});

test('text is taken in one spelling', async () => {
  assert.deepEqual([...decode('TV1:QED8WEX0')], [...Buffer.from('ietf!')]);
  const bad = {
    'tv1:QED8WEX0': 'wrong_prefix', ' TV1:QED8WEX0': 'wrong_prefix', 'TV1:qed8wex0': 'bad_base45',
    'TV1:::': 'bad_base45', 'TV1::::': 'bad_base45', 'TV1:A': 'bad_base45', [`TV1:${'0'.repeat(1024)}`]: 'text_too_long',
  };
  for (const [written, why] of Object.entries(bad)) assert.equal(await reason(written), why, written);
});

test('an envelope or claims that we would not write are refused', async () => {
  const whole = Buffer.from(decode(await credential(key)));
  assert.equal(await reason(text(whole.subarray(1))), 'not_cose_sign1');
  assert.equal(await reason(text(Buffer.concat([whole, Buffer.of(0)]))), 'not_cbor');
  const other = Buffer.from(whole);
  other[2 + 1 + 2] = 0x27;
  assert.equal(await reason(text(other)), 'wrong_header', 'EdDSA instead of Ed25519');
  const signed = (content) => credential(key, content);
  assert.equal(await reason(await signed(claims({ 8: 1 }))), 'unknown_claim');
  assert.equal(await reason(await signed(claims({ 4: 'soon' }))), 'bad_claim');
  const longer = Buffer.from(encode(claims()));
  const at = longer.indexOf(Buffer.from('1848', 'hex'));
  const wide = Buffer.concat([longer.subarray(0, at), Buffer.from('190048', 'hex'), longer.subarray(at + 2)]);
  assert.equal(await reason(await signed(wide)), 'not_cbor', '72 written in three bytes');
});

test('a changed or strangely signed credential is refused', async () => {
  const whole = Buffer.from(decode(await credential(key)));
  whole[60] ^= 1;
  assert.equal((await judge(text(whole))).code, 'bad_signature');
});

test('a key that is not known is no reason to say invalid', async () => {
  const other = await signer(8);
  const { verdict, code, acceptable } = await judge(await credential(other));
  assert.deepEqual([verdict, code, acceptable], ['cannot_tell', 'unknown_key', false]);
  const without = await check(await credential(key), { keyring: null, now: NOW, audience: null, status: valid });
  assert.deepEqual([without.verdict, without.code], ['cannot_tell', 'keys_missing']);
});

test('keys by their states', async () => {
  const written = await credential(key);
  const at = (seconds) => new Date((ISSUED + seconds) * 1000).toISOString();
  assert.equal((await judge(written, { keys: { state: 'retired', valid_until: at(1) } })).verdict, 'good');
  assert.equal((await judge(written, { keys: { valid_until: at(0) } })).code, 'key_not_valid_at_issue');
  assert.equal((await judge(written, { keys: { valid_from: at(1) } })).code, 'key_not_valid_at_issue');
  assert.equal((await judge(written, { keys: { state: 'compromised' } })).code, 'key_compromised');
  const old = await judge(written, { fetchedAt: NOW - 8 * 86_400_000 });
  assert.deepEqual([old.verdict, old.code, old.acceptable], ['cannot_tell', 'keys_stale', true]);
});

test('valid to the end of the last day in Moscow', async () => {
  const written = await credential(key);
  const fresh = { fetchedAt: Date.parse('2020-12-31T12:00:00+03:00') };
  assert.equal((await judge(written, { ...fresh, now: Date.parse('2020-12-31T23:59:59.999+03:00') })).verdict, 'good');
  assert.equal((await judge(written, { ...fresh, now: Date.parse('2021-01-01T00:00:00+03:00') })).code, 'expired');
  assert.equal((await judge(written, { now: (ISSUED - 1) * 1000 })).code, 'not_yet_valid');
});

test('another university, another issuer', async () => {
  assert.equal((await judge(await credential(key), { audience: 'novgu' })).code, 'wrong_university');
  assert.equal((await judge(await credential(key, claims({ 1: 'else.example' })))).code, 'wrong_issuer');
});

test('the status list refuses when fresh, and cannot tell when not', async () => {
  const written = await credential(key);
  const judged = async (status) => {
    const { verdict, code, acceptable } = await judge(written, { status: () => status });
    return [verdict, code, acceptable];
  };
  assert.deepEqual(await judged({ value: 2, stale: false, at: NOW }), ['refused', 'suspended', false]);
  assert.deepEqual(await judged({ value: 1, stale: false, at: NOW }), ['refused', 'status_invalid', false]);
  assert.deepEqual(await judged({ value: 3, stale: false, at: NOW }), ['refused', 'already_redeemed', false]);
  assert.deepEqual(await judged({ value: 2, stale: true, at: NOW }), ['cannot_tell', 'status_stale', false]);
  assert.deepEqual(await judged({ value: 0, stale: true, at: NOW }), ['cannot_tell', 'status_stale', true]);
  assert.deepEqual(await judged({ value: null, stale: true, at: null }), ['cannot_tell', 'status_missing', true]);
});

test('a key of small order, or under another name, makes no keyring', async () => {
  const identity = Buffer.alloc(32);
  identity[0] = 1;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', identity));
  const forged = await jwks({ publicKey: identity, kid: digest.slice(0, 8) });
  await assert.rejects(Keyring.read(forged, NOW), /cannot be used/);
  await assert.rejects(Keyring.read(await jwks({ ...key, kid: digest.slice(0, 8) }), NOW), /cannot be used/);
});
