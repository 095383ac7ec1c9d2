/** Encrypts what names people, with a key that the browser holds and never hands out (AES-GCM, 256 bits). */

const ALGORITHM = { name: 'AES-GCM', length: 256 };

export class Seal {
  constructor(key) {
    this.key = key;
  }

  /** The device's, made at its first use. @param {import('./store.js').Store} store */
  static async of(store) {
    return navigator.locks.request('desk-seal', async () => {
      let key = await store.setting('seal_key');
      if (!key) {
        key = await crypto.subtle.generateKey(ALGORITHM, false, ['encrypt', 'decrypt']);
        await store.keep('seal_key', key);
      }
      return new Seal(key);
    });
  }

  /** @param {unknown} value @param {string} place where it is kept: it opens nowhere else */
  async close(value, place) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = new TextEncoder().encode(JSON.stringify(value));
    return { iv, data: await crypto.subtle.encrypt(this.parameters(iv, place), this.key, plain) };
  }

  async open({ iv, data }, place) {
    const plain = await crypto.subtle.decrypt(this.parameters(iv, place), this.key, data);
    return JSON.parse(new TextDecoder().decode(plain));
  }

  parameters(iv, place) {
    return { name: ALGORITHM.name, iv, additionalData: new TextEncoder().encode(place) };
  }
}
