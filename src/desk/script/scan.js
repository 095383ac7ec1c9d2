/**
 * One voucher at the table, from the code to the answer.
 *
 * Its holder is shown first, from the signed code itself; while staff compare a document, the service is
 * asked whether it would do (a preview: nothing is spent). Confirmed, it is redeemed by one request under an
 * id chosen here. Without an answer the same id goes into the offline queue, so that it can count once only.
 */
import { check } from './credential.js';

/** The same code is one scan until it was away this long; in front of the camera also while no frame was without it. */
const REPEAT = 3000;

/** What no service can mend: said at once, without asking. */
const HOPELESS = ['malformed_credential', 'bad_signature'];

export class Scan extends EventTarget {
  /**
   * @param {{knowledge: import('./knowledge.js').Knowledge, net: import('./net.js').Net,
   *   queue: import('./queue.js').Queue, device: import('./device.js').Device,
   *   records: import('./records.js').Records, clock: import('./clock.js').Clock,
   *   show: (answer: import('./answer.js').Answer) => void, hide: () => void}} parts
   */
  constructor(parts) {
    super();
    Object.assign(this, parts);
    this.run = null;
    this.attempt = null;
    this.last = { key: null, at: -Infinity, stays: false };
  }

  /**
   * @param {{credential?: string, number?: string}} presented
   * @param {'camera'|'scanner'|'picture'|'typed'} source
   */
  async seen(presented, source) {
    const key = presented.credential ?? presented.number;
    const isAgain = this.isAgain(key, source === 'camera');
    const state = this.attempt?.state;
    if (state === 'working' || (state === 'ready' && source === 'camera')) return;
    if (state && this.attempt.key === key) return;
    if (isAgain && (source === 'camera' || source === 'scanner')) return;
    await this.begin(presented, key);
  }

  isAgain(key, byCamera) {
    const at = performance.now();
    const stays = byCamera && this.last.stays;
    const isAgain = key === this.last.key && (stays || at - this.last.at < REPEAT);
    this.last = { key, at, stays: byCamera };
    return isAgain;
  }

  /** A frame without any code, or no camera any more. */
  unseen() {
    this.last.stays = false;
  }

  async begin(presented, key) {
    const attempt = { presented, key, run: this.run, redemptionId: crypto.randomUUID(), state: 'ready' };
    attempt.begun = performance.now();
    this.attempt = attempt;
    if (!attempt.run) return this.answer({ kind: 'amber', word: 'scan-no-run' });
    if (presented.credential) {
      attempt.verdict = await check(presented.credential, {
        keyring: this.knowledge.keyring,
        now: this.clock.now(),
        audience: this.knowledge.me?.organisation?.code ?? null,
        status: (claims) => this.knowledge.status(claims),
      });
      if (this.attempt !== attempt) return;
      attempt.claims = attempt.verdict.claims;
      if (HOPELESS.includes(attempt.verdict.code)) return this.refusedHere();
      if (attempt.claims && (await this.waitsHere(attempt))) return;
      if (attempt.claims) this.knowledge.learn(attempt.claims);
    }
    await this.look(attempt);
  }

  /** Accepted on this device before, and the service does not know of it yet. */
  async waitsHere(attempt) {
    const earlier = await this.records.ofVoucher(attempt.claims.voucherId);
    if (this.attempt !== attempt) return true;
    if (earlier && !(earlier.state === 'enrolled' && this.net.reachable)) {
      const run = this.knowledge.runs.find(({ course_run_id }) => course_run_id === earlier.course_run_id);
      this.refuse({ word: 'scan-refused-already-here', args: { at: earlier.at, run: run?.code ?? '' } });
      return true;
    }
    return false;
  }

  /** Shows whose it is and asks whether it would do. */
  async look(attempt) {
    if (!this.net.reachable) return this.decideHere(attempt);
    if (attempt.claims) this.ready(attempt, { asking: true });
    else this.answer({ kind: 'busy', word: 'scan-looking' }, 'ready');
    const body = { ...attempt.presented, course_run_id: attempt.run.course_run_id };
    const reply = await this.net.send('POST', '/v1/redemptions/preview', { body });
    if (this.attempt !== attempt || attempt.state !== 'ready') return;
    if (reply.ok) {
      attempt.preview = reply.body;
      this.ready(attempt, { seats: reply.body.free_seats });
    } else if (reply.answered) this.refusedThere(reply);
    else await this.decideHere(attempt);
  }

  /** The service does not answer: what the device can say by itself. */
  async decideHere(attempt) {
    const { verdict, presented } = attempt;
    if (presented.number) return this.answer({ kind: 'amber', word: 'scan-number-offline', actions: [this.again()] });
    if (verdict.verdict === 'refused') return this.refusedHere();
    if (!this.device.id || this.device.known.revoked) {
      const word = this.device.id ? 'scan-device-revoked' : 'scan-not-paired';
      return this.answer({ kind: 'amber', word, actions: [this.again()] });
    }
    attempt.offline = true;
    if (verdict.verdict === 'cannot_tell') return this.cannotTell(attempt);
    if (attempt.identityChecked) await this.accept(attempt);
    else this.ready(attempt, {});
  }

  cannotTell({ verdict }) {
    const { code, facts, acceptable } = verdict;
    const accept = { id: 'accept', word: 'scan-accept-anyway', run: () => this.confirm() };
    const line = facts.last_known && { word: `scan-last-known-${dashed(facts.last_known)}` };
    this.answer(
      {
        kind: 'amber',
        word: `scan-cannot-tell-${dashed(code)}`,
        args: { at: facts.status_list_at, keys: facts.keys_at },
        lines: line ? [line] : [],
        actions: acceptable ? [accept, this.again()] : [this.again()],
      },
      'ready',
    );
  }

  ready(attempt, { asking = false, seats = null }) {
    attempt.state = 'ready';
    const lines = [];
    if (asking) lines.push({ word: 'scan-asking' });
    else if (attempt.offline) lines.push({ word: 'scan-ready-offline' });
    else lines.push({ word: 'scan-ready-online', args: { seats } });
    this.answer(
      {
        kind: 'ready',
        word: 'scan-ready',
        lines,
        actions: [
          { id: 'confirm', word: 'scan-confirm', primary: true, run: () => this.confirm() },
          { id: 'cancel', word: 'scan-cancel', run: () => this.dismiss() },
        ],
      },
      'ready',
    );
  }

  /** The document was compared: once for each attempt, however often it is pressed. */
  async confirm() {
    const { attempt } = this;
    if (attempt?.state !== 'ready') return;
    attempt.state = 'working';
    attempt.identityChecked = true;
    this.answer({ kind: 'busy', word: 'scan-working' }, 'working');
    if (attempt.offline && !this.net.reachable) return this.accept(attempt);
    const body = {
      redemption_id: attempt.redemptionId,
      ...attempt.presented,
      course_run_id: attempt.run.course_run_id,
      identity_checked: true,
    };
    const reply = await this.net.send('POST', '/v1/redemptions', { body });
    if (reply.ok) await this.enrolled(attempt, reply.body);
    else if (reply.answered) this.refusedThere(reply);
    else await this.decideHere(attempt);
  }

  async enrolled(attempt, redemption) {
    const facts = { voucher_id: redemption.voucher_id, state: 'enrolled', receipt: redemption.receipt };
    await this.records.keep(await this.record(attempt, facts, redemption.number));
    this.answer({ kind: 'good', word: 'scan-enrolled', number: redemption.number });
    this.changed();
  }

  /** Into the queue: on the disk before it is shown. */
  async accept(attempt) {
    const { claims, verdict, run, presented, redemptionId } = attempt;
    const act = {
      action: 'redeem',
      redemption_id: redemptionId,
      course_run_id: run.course_run_id,
      credential: presented.credential,
      identity_checked: true,
      status_list_at: verdict.facts.status_list_at && new Date(verdict.facts.status_list_at).toISOString(),
    };
    try {
      const record = await this.record(attempt, { voucher_id: claims.voucherId, state: 'waiting' }, null);
      await this.queue.add(act, this.clock.facts(), record);
    } catch {
      return this.answer({ kind: 'bad', word: 'scan-not-kept' });
    }
    this.answer({ kind: 'amber', word: 'scan-accepted' });
    this.changed();
  }

  record({ redemptionId, run, claims, presented }, facts, number) {
    const person = { holder: claims?.holder ?? null, number: number ?? presented.number ?? null, run: run.code };
    return this.records.make({ redemption_id: redemptionId, course_run_id: run.course_run_id, ...facts }, person);
  }

  refusedHere() {
    const { code, facts } = this.attempt.verdict;
    const word = code === 'malformed_credential' ? foreign(this.attempt.presented.credential) : null;
    this.refuse({ word: word ?? `scan-refused-${dashed(code)}`, args: facts });
  }

  /** By the service, in its words; or it does not know who asks. */
  refusedThere({ status, body }) {
    if (status === 401 || status === 403) {
      const attempt = this.attempt;
      const actions = [{ id: 'sign-in', word: 'scan-sign-in', href: true }, this.again()];
      return this.answer({ kind: 'amber', word: 'scan-signed-out', actions }, attempt.state);
    }
    this.refuse({ title: body?.title, lines: [{ text: body?.detail }], next: body?.remedy, word: 'scan-refused' });
  }

  async refuse(answer) {
    const attempt = this.attempt;
    this.answer({ kind: 'bad', ...answer });
    const facts = { redemption_id: attempt.redemptionId, course_run_id: attempt.run.course_run_id, voucher_id: null };
    await this.records.keep(await this.records.make({ ...facts, state: 'refused' }, {}));
    this.changed();
  }

  /** The same attempt once more, under the same id. */
  again() {
    const { attempt } = this;
    const run = () => {
      Object.assign(attempt, { state: 'ready', offline: false });
      this.attempt = attempt;
      return attempt.identityChecked ? this.confirm() : this.look(attempt);
    };
    return { id: 'again', word: 'scan-again', run };
  }

  answer(answer, state = 'shown') {
    const { attempt } = this;
    attempt.state = state;
    this.show({
      holder: attempt.claims?.holder ?? null,
      run: attempt.run,
      claims: attempt.claims ?? null,
      ms: performance.now() - attempt.begun,
      args: {},
      lines: [],
      actions: [],
      ...answer,
    });
  }

  /** The answer was read; nothing is taken back by this. */
  dismiss() {
    if (this.attempt?.state === 'working') return;
    this.attempt = null;
    this.hide();
  }

  changed() {
    this.dispatchEvent(new Event('change'));
  }
}

/** What else people hold in front of the camera: say what it was and what to bring. */
function foreign(text) {
  if (/^https?:/i.test(text)) return text.startsWith(location.origin) ? 'scan-refused-page' : 'scan-refused-link';
  if (/^HC1:|^BEGIN:|^ST0001|^WIFI:/i.test(text)) return 'scan-refused-other-code';
  return null;
}

const dashed = (code) => code.replaceAll('_', '-');
