/** Connection, queue and device: what waits, why, and pairing by the one-time code. */
import { text } from './recent-panel.js';

export class DevicePanel {
  /**
   * @param {HTMLElement} root
   * @param {{words: import('./words.js').Words, net: import('./net.js').Net, clock: import('./clock.js').Clock,
   *   device: import('./device.js').Device, queue: import('./queue.js').Queue, sync: import('./sync.js').Sync,
   *   knowledge: import('./knowledge.js').Knowledge, onPaired: () => void}} parts
   */
  constructor(root, parts) {
    Object.assign(this, parts);
    const part = (name) => root.querySelector(`[data-part=${name}]`);
    this.connection = part('connection');
    this.notices = part('notices');
    this.waiting = part('waiting');
    this.syncState = part('sync-state');
    this.button = part('sync');
    this.about = part('device');
    this.pairing = part('pairing');
    this.name = part('device-name');
    this.problem = part('pairing-problem');
    this.known = part('known');
    this.button.addEventListener('click', () => this.sync.start());
    this.pairing.addEventListener('submit', (event) => {
      event.preventDefault();
      this.pair();
    });
    for (const source of [this.net, this.sync, this.knowledge]) source.addEventListener('change', () => this.show());
    this.secret = null;
  }

  /** `#pair=SECRET` of the code that the registrar's page shows; taken out of the address at once. */
  takeSecret() {
    const secret = /^#pair=([\w-]+)$/.exec(location.hash)?.[1];
    if (!secret) return;
    history.replaceState(null, '', location.pathname);
    this.secret = secret;
  }

  async pair() {
    const name = this.name.value.trim();
    if (!this.secret || !name) return;
    if ((await this.queue.length()) > 0) return this.tell('scan-pairing-queue');
    this.tell(null);
    const reply = await this.device.pair(this.secret, name, this.net);
    if (reply.ok) {
      this.secret = null;
      await this.net.look();
      this.onPaired();
    } else if (!reply.answered) this.tell('scan-pairing-unreachable');
    else this.problem.textContent = [reply.body?.detail, reply.body?.remedy].filter(Boolean).join(' ');
    await this.show();
  }

  tell(word) {
    this.problem.textContent = word ? this.words.say(word) : '';
  }

  async show() {
    const { net, device, sync, words } = this;
    const count = await this.queue.length();
    const state = net.signedOut ? 'signed-out' : net.reachable ? 'online' : 'offline';
    this.connection.dataset.state = state;
    this.connection.textContent = words.say(`scan-connection-${state}`);
    this.waiting.textContent = words.say('scan-waiting', { count });
    this.waiting.dataset.count = count;
    this.button.hidden = count === 0;
    this.button.disabled = sync.state === 'sending';
    this.syncState.textContent = this.syncWords(count);
    this.pairing.hidden = !this.secret;
    this.about.textContent = device.id
      ? words.say(device.known.revoked ? 'scan-device-is-revoked' : 'scan-device-is', { name: device.known.name })
      : words.say('scan-device-none');
    this.known.replaceChildren(...this.facts().map((fact) => text('li', 'what', fact)));
    this.notices.replaceChildren(...this.warnings().map((warning) => text('p', 'notice', warning)));
  }

  syncWords(count) {
    if (!count) return '';
    if (this.sync.problem) return this.sync.problem.detail ?? this.words.say('scan-sync-stuck');
    return this.words.say(`scan-sync-${this.sync.state}`);
  }

  facts() {
    const { keyring, lists } = this.knowledge;
    const facts = [this.words.say('scan-known-keys', { at: keyring?.fetchedAt ?? null })];
    const newest = Math.max(0, ...[...lists.values()].map(({ issuedAt }) => issuedAt));
    facts.push(this.words.say('scan-known-status', { at: newest || null }));
    return facts;
  }

  warnings() {
    const warnings = [];
    const off = this.clock.minutesOff;
    if (Math.abs(off) >= 5) warnings.push(this.words.say('scan-clock-off', { minutes: Math.abs(off) }));
    if (!this.device.id) warnings.push(this.words.say('scan-device-hint'));
    if (this.net.signedOut) warnings.push(this.words.say('scan-signed-out', {}, 'next'));
    return warnings;
  }
}
