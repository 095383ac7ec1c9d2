import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ended, hash, itemText } from '../queue.js';

const TIME = { scanned_at: '2020-03-17T10:00:00.000Z', last_server_time: '2020-03-17T09:00:00.000Z', elapsed_ms: 3_600_000 };

test('an item says exactly this', async () => {
  const act = {
    action: 'redeem', redemption_id: 'R', course_run_id: 'C', credential: 'TV1:X', identity_checked: true,
    status_list_at: '2020-03-17T08:00:00.000Z',
  };
  const text = itemText('D', { next: 2, previous: await hash('one before') }, act, TIME);
  assert.deepEqual(Object.keys(JSON.parse(text)), [
    'device_id', 'sequence', 'previous', 'action', 'redemption_id', 'course_run_id', 'credential', 'identity_checked',
    'scanned_at', 'last_server_time', 'elapsed_ms', 'status_list_at', 'reason',
  ]);
  assert.match(JSON.parse(text).previous, /^[\w-]{43}$/);
  const undo = JSON.parse(itemText('D', { next: 1, previous: null }, { action: 'undo', redemption_id: 'R', reason: 'slip' }, TIME));
  assert.deepEqual([undo.course_run_id, undo.credential, undo.previous, undo.reason], [null, null, null, 'slip']);
});

test('how a record ends', () => {
  const result = (outcome, more = {}) => ({ outcome, code: null, detail: null, conflict_id: null, receipt: 'r', ...more });
  const waiting = { state: 'waiting' };
  assert.equal(ended(waiting, result('final'), 'redeem').state, 'enrolled');
  assert.equal(ended(waiting, result('replayed', { first_outcome: 'conflict' }), 'redeem').state, 'conflict');
  assert.equal(ended(waiting, result('conflict'), 'redeem').seen, false);
  const undoing = ended({ state: 'undo_waiting' }, result('final'), 'redeem');
  assert.equal(undoing.state, 'undo_waiting');
  assert.equal(ended(undoing, result('final'), 'undo').state, 'undone');
  assert.equal(ended(undoing, result('rejected'), 'undo').state, 'enrolled');
});
