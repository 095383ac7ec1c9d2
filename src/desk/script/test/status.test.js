import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Keyring } from '../keyring.js';
import { lookUp, readStatusList } from '../status.js';
import { ISSUED, jwks, signer, statusList, statusToken } from './vectors.js';

const URI = 'https://vouchers.pskov.example/s/PSK20/0';
const key = await signer();
const keyring = await Keyring.read(await jwks(key), ISSUED * 1000);

test('two bits a voucher, the first in the lowest', async () => {
  const list = await readStatusList(await statusList(key, URI, [0, 1, 2, 3, 2]), URI, keyring);
  const now = (ISSUED + 3599) * 1000;
  assert.deepEqual([0, 1, 2, 3, 4].map((index) => lookUp(list, index, now).value), [0, 1, 2, 3, 2]);
  assert.equal(lookUp(list, 0, now).stale, false);
  assert.equal(lookUp(list, 0, now + 1000).stale, true);
});

test('an index outside the list, or no list, is not known', async () => {
  const list = await readStatusList(await statusList(key, URI, [0]), URI, keyring);
  assert.deepEqual(lookUp(list, 4, 0).value, null);
  assert.deepEqual(lookUp(null, 0, 0), { value: null, stale: true, at: null });
});

test('another list, signer or signature is not believed', async () => {
  const good = await statusList(key, URI, [0]);
  await assert.rejects(readStatusList(good, `${URI}1`, keyring), /another list/);
  await assert.rejects(readStatusList(await statusList(await signer(8), URI, [0]), URI, keyring), /no key/);
  const [head, body, signature] = good.split('.');
  const changed = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(body, 'base64url')), exp: 9e9 }));
  const forged = [head, changed.toString('base64url'), signature].join('.');
  await assert.rejects(readStatusList(forged, URI, keyring), /bad signature/);
});

test('a list that would fill the memory is refused', async () => {
  const bomb = await statusToken(key, URI, Buffer.alloc(9 * 1024 * 1024));
  await assert.rejects(readStatusList(bomb, URI, keyring), /too long/);
});
