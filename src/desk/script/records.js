/**
 * What this device did: for the list of the day, for undoing, for telling that a voucher was here before.
 * Names are sealed; a record is forgotten after three days unless somebody still has to look at it.
 *
 * `state`: `enrolled`, `waiting` (offline, not final), `conflict`, `rejected`, `undone`, `undo_waiting`,
 * `undo_proposed`, `refused`.
 */

const KEPT = 3 * 24 * 3600 * 1000;
const COUNTS = ['enrolled', 'waiting', 'conflict', 'undo_waiting', 'undo_proposed'];
const OPEN = ['waiting', 'undo_waiting'];

export class Records {
  constructor(store, seal, clock) {
    this.store = store;
    this.seal = seal;
    this.clock = clock;
  }

  /** @param {{redemption_id: string, voucher_id: string|null, course_run_id: string, state: string}} facts */
  async make(facts, person) {
    const sealed = await this.seal.close(person, `records/${facts.redemption_id}`);
    return { code: null, detail: null, receipt: null, seen: true, ...facts, at: this.clock.now(), sealed };
  }

  keep(record) {
    return this.store.write(['records'], ({ records }) => records.put(record));
  }

  /** Changes one, as it stands now. */
  async change(redemptionId, changes) {
    const { record } = await this.store.read(['records'], ({ records }) => ({ record: records.get(redemptionId) }));
    if (record) await this.keep({ ...record, ...changes });
  }

  /** The newest first, with their people; without those that were only refused. */
  async recent() {
    const all = (await this.store.all('records')).filter(({ state }) => state !== 'refused');
    all.sort((left, right) => right.at - left.at);
    return Promise.all(
      all.map(async ({ sealed, ...record }) => ({
        ...record,
        person: await this.seal.open(sealed, `records/${record.redemption_id}`),
      })),
    );
  }

  /** A redemption of this voucher that this device made and that still counts. */
  async ofVoucher(voucherId) {
    const { found } = await this.store.read(['records'], ({ records }) => ({
      found: records.index('voucher_id').getAll(voucherId),
    }));
    return found.find(({ state }) => COUNTS.includes(state)) ?? null;
  }

  /** How many of today, by Moscow's day. */
  async today() {
    const today = moscowDay(this.clock.now());
    const all = (await this.store.all('records')).filter(({ at }) => moscowDay(at) === today);
    const count = (...states) => all.filter(({ state }) => states.includes(state)).length;
    return {
      enrolled: count('enrolled', 'undo_proposed'),
      waiting: count('waiting', 'undo_waiting'),
      refused: count('refused', 'rejected', 'conflict'),
    };
  }

  async tidy() {
    const all = await this.store.all('records');
    const old = all.filter(({ at, state, seen }) => this.clock.now() - at > KEPT && seen && !OPEN.includes(state));
    await this.store.write(['records'], ({ records }) => {
      for (const { redemption_id } of old) records.delete(redemption_id);
    });
  }
}

const DAY = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Moscow' });

export const moscowDay = (at) => DAY.format(at);
