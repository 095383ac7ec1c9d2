import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Clock } from '../clock.js';

const HOUR = 3_600_000;
const SERVER = Date.parse('2020-03-17T10:00:00Z');

test('a clock three days off does not matter once the service was heard', () => {
  let device = SERVER + 72 * HOUR;
  const clock = new Clock(null, () => device, () => 0);
  clock.note(SERVER);
  device += HOUR;
  assert.equal(clock.now(), SERVER + HOUR);
  assert.equal(clock.minutesOff, 72 * 60);
  assert.deepEqual(clock.facts(), {
    scanned_at: '2020-03-17T11:00:00.000Z', last_server_time: '2020-03-17T10:00:00.000Z', elapsed_ms: HOUR,
  });
});

test('it goes on after the page was closed', () => {
  const clock = new Clock({ serverAt: SERVER, deviceAt: 0 }, () => HOUR, () => 0);
  assert.equal(clock.now(), SERVER + HOUR);
});

test('a device clock set back takes no time away', () => {
  let device = SERVER;
  let ticked = 0;
  const clock = new Clock(null, () => device, () => ticked);
  clock.note(SERVER);
  device -= 72 * HOUR;
  ticked += HOUR;
  assert.equal(clock.now(), SERVER + HOUR);
});
