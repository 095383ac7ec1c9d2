/**
 * Brings the queue to the service: when the network comes back, after a while, or by the button. One tab at
 * a time, whatever started it; a repeat is harmless, because the service answers it as it did first.
 */
import { BATCH } from './queue.js';

const FIRST_WAIT = 2000;
const LONGEST_WAIT = 60_000;
const TIMEOUT = 30_000;

export class Sync extends EventTarget {
  /**
   * @param {import('./queue.js').Queue} queue
   * @param {import('./device.js').Device} device
   * @param {import('./net.js').Net} net
   */
  constructor(queue, device, net) {
    super();
    this.queue = queue;
    this.device = device;
    this.net = net;
    this.state = 'idle';
    this.wait = FIRST_WAIT;
    this.timer = null;
    window.addEventListener('online', () => this.start());
    net.addEventListener('change', () => net.reachable && this.start());
  }

  /** Sends what waits; at once, and then again and again until nothing does. */
  async start() {
    clearTimeout(this.timer);
    const left = await navigator.locks.request('desk-sync', { ifAvailable: true }, (lock) =>
      lock ? this.drain() : 'elsewhere',
    );
    if (left === 'nothing' || left === 'stuck') {
      this.wait = FIRST_WAIT;
      return;
    }
    this.timer = setTimeout(() => this.start(), this.wait * (0.8 + Math.random() * 0.4));
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
  }

  async drain() {
    if (!this.device.id) return 'nothing';
    for (;;) {
      const items = await this.queue.oldest(BATCH);
      if (!items.length) return this.become('idle', 'nothing');
      this.become('sending');
      const reply = await this.send(items);
      if (!reply.answered) return this.become('waiting', 'unreachable');
      if (!reply.ok) return this.refused(reply);
      this.net.clock.note(Date.parse(reply.body.service_time));
      const gone = await this.queue.settle(reply.body.results);
      if (reply.body.results.some(({ code }) => code === 'device_revoked')) await this.device.revoked();
      this.dispatchEvent(new Event('settled'));
      // What came back without a receipt stays, and is asked about again later.
      if (!gone) return this.become('waiting', 'unreachable');
      this.wait = FIRST_WAIT;
    }
  }

  send(items) {
    const body = { items: items.map(({ text, signature }) => ({ item: text, signature })) };
    return this.net.send('POST', `/v1/devices/${this.device.id}/items`, { body, timeout: TIMEOUT, anonymous: true });
  }

  /** The service takes none of it: nothing is lost, and a person is asked. */
  refused({ status, body }) {
    const code = body?.code ?? String(status);
    this.problem = { code, detail: body?.detail ?? null };
    return this.become('stuck', 'stuck');
  }

  become(state, result) {
    if (state !== 'stuck') this.problem = null;
    this.state = state;
    this.dispatchEvent(new Event('change'));
    return result;
  }
}
