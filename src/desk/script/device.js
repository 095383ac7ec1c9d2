/** This device as the service knows it: paired once by a secret, then by its key. */
import { base64url } from './credential.js';
import { generate, sign } from './ed25519.js';

const PREFIX = 'training-vouchers/offline-item/v1\n';

export class Device {
  /**
   * @param {import('./store.js').Store} store
   * @param {import('./seal.js').Seal} seal
   */
  constructor(store, seal) {
    this.store = store;
    this.seal = seal;
    this.known = null;
  }

  async load() {
    this.known = await this.store.setting('device');
  }

  get id() {
    return this.known?.device_id ?? null;
  }

  /**
   * Pairs it. The key is kept before it is sent, so that a lost answer loses no key.
   * @param {string} secret of the one-time code
   * @param {string} name what people call it
   * @param {import('./net.js').Net} net
   * @returns {Promise<import('./net.js').Reply>}
   */
  async pair(secret, name, net) {
    const key = await this.key();
    const body = { secret, name, public_key: base64url(key.publicKey) };
    const reply = await net.send('POST', '/v1/devices', { body, timeout: 10_000 });
    if (reply.ok) {
      const { device_id, university, registrar } = reply.body;
      this.known = { device_id, name: reply.body.name ?? name, university, registrar, revoked: false };
      await this.store.write(['settings'], ({ settings }) => {
        settings.put(this.known, 'device');
        settings.put(key, 'device_key');
        settings.delete('new_device_key');
        settings.put({ next: 1, previous: null }, 'chain');
      });
    }
    return reply;
  }

  async key() {
    const kept = await this.store.setting('new_device_key');
    if (kept) return kept;
    const key = await generate((secret) => this.seal.close(secret, 'device_key'));
    await this.store.keep('new_device_key', key);
    return key;
  }

  /** The service no longer takes anything from it; what waits stays. */
  async revoked() {
    this.known = { ...this.known, revoked: true };
    await this.store.keep('device', this.known);
  }

  /** @param {string} text an offline item @returns {Promise<string>} */
  async sign(text) {
    const key = await this.store.setting('device_key');
    const message = new TextEncoder().encode(PREFIX + text);
    return base64url(await sign(key, message, (sealed) => this.seal.open(sealed, 'device_key')));
  }
}
