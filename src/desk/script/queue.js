/**
 * The offline queue: items numbered without a gap, each naming the one before by its hash, signed by the
 * device's key, sealed; written to the disk before anybody is told. An item leaves when the service's
 * receipt for it was seen, and never else.
 */
import { base64url } from './credential.js';

/** Items in one request at most. */
export const BATCH = 100;

export class Queue {
  /**
   * @param {import('./store.js').Store} store
   * @param {import('./seal.js').Seal} seal
   * @param {import('./device.js').Device} device
   */
  constructor(store, seal, device) {
    this.store = store;
    this.seal = seal;
    this.device = device;
  }

  /**
   * Adds an item, and the record of what was done, in one step. Two tabs wait for each other.
   * @param {object} act `action`, `redemption_id` and what belongs to it
   * @param {object} time as {@link import('./clock.js').Clock.facts}
   * @param {object} record as `records` keeps it
   */
  add(act, time, record) {
    return navigator.locks.request('desk-queue', async () => {
      const chain = await this.store.setting('chain');
      const text = itemText(this.device.id, chain, act, time);
      const signature = await this.device.sign(text);
      const sequence = chain.next;
      const sealed = await this.seal.close({ text, signature }, `queue/${sequence}`);
      const next = { next: sequence + 1, previous: await hash(text) };
      await this.store.write(['queue', 'settings', 'records'], ({ queue, settings, records }) => {
        queue.add({ sequence, redemption_id: act.redemption_id, action: act.action, sealed });
        settings.put(next, 'chain');
        records.put(record);
      });
      return sequence;
    });
  }

  async length() {
    const { count } = await this.store.read(['queue'], ({ queue }) => ({ count: queue.count() }));
    return count;
  }

  /** The oldest items, in order, as they are sent. */
  async oldest(limit = BATCH) {
    const { rows } = await this.store.read(['queue'], ({ queue }) => ({ rows: queue.getAll(null, limit) }));
    return Promise.all(
      rows.map(async ({ sequence, redemption_id, sealed }) => ({
        sequence,
        redemption_id,
        ...(await this.seal.open(sealed, `queue/${sequence}`)),
      })),
    );
  }

  /**
   * Takes the service's results: an item with a receipt leaves, and its record says how it ended.
   * @param {object[]} results
   * @returns {Promise<number>} how many left
   */
  async settle(results) {
    const settled = results.filter(({ receipt, outcome }) => receipt && OUTCOMES.includes(outcome));
    await this.store.write(['queue', 'records'], ({ queue, records }) => {
      for (const result of settled) {
        queue.get(result.sequence).onsuccess = ({ target: { result: item } }) => {
          if (!item) return;
          queue.delete(item.sequence);
          records.get(item.redemption_id).onsuccess = ({ target: { result: record } }) => {
            if (record) records.put({ ...record, ...ended(record, result, item.action) });
          };
        };
      }
    });
    return settled.length;
  }
}

const OUTCOMES = ['final', 'conflict', 'rejected', 'replayed'];

/** How a record stands after the service's result for one of its items. */
export function ended(record, { outcome, first_outcome, code, detail, conflict_id, receipt }, action) {
  const told = outcome === 'replayed' ? (first_outcome ?? 'final') : outcome;
  const isFinal = told === 'final';
  const facts = { code, detail, conflict_id, receipt, seen: isFinal };
  if (action === 'undo') return { ...facts, state: isFinal ? 'undone' : (record.redeemed ?? 'enrolled') };
  const redeemed = isFinal ? 'enrolled' : told;
  // An undoing that still waits has the last word.
  return { ...facts, redeemed, state: record.state === 'undo_waiting' ? record.state : redeemed };
}

/** The item as it is signed: exactly this text. */
export function itemText(deviceId, { next, previous }, act, time) {
  return JSON.stringify({
    device_id: deviceId,
    sequence: next,
    previous,
    action: act.action,
    redemption_id: act.redemption_id,
    course_run_id: act.course_run_id ?? null,
    credential: act.credential ?? null,
    identity_checked: act.identity_checked ?? false,
    ...time,
    status_list_at: act.status_list_at ?? null,
    reason: act.reason ?? null,
  });
}

export async function hash(text) {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return base64url(new Uint8Array(digest));
}
