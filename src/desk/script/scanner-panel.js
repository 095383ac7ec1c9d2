/** Where codes come in: camera, picture, typed number. What was read goes to one place. */
import { readNumber } from './number.js';
import { PREFIX } from './text.js';
import { fromRussianLayout } from './layout.js';

const STATES = ['off', 'starting', 'on', 'denied', 'none', 'busy', 'unsupported', 'failed'];

export class ScannerPanel {
  /**
   * @param {HTMLElement} root
   * @param {{words: import('./words.js').Words, camera: import('./camera.js').Camera,
   *   decoder: import('./decoder.js').Decoder, store: import('./store.js').Store,
   *   onSeen: (presented: object, source: string) => void, onUnseen: () => void}} parts
   */
  constructor(root, parts) {
    Object.assign(this, { root, ...parts });
    const part = (name) => root.querySelector(`[data-part=${name}]`);
    this.toggle = part('camera-toggle');
    this.state = part('camera-state');
    this.choice = part('camera-choice');
    this.torch = part('torch');
    this.file = part('picture');
    this.note = part('input-note');
    this.number = part('number');
    this.toggle.addEventListener('click', () => this.switch());
    this.choice.addEventListener('change', () => this.choose());
    this.torch.addEventListener('click', () => this.light());
    this.file.addEventListener('change', () => this.picture());
    this.number.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.typed();
    });
    root.addEventListener('dragover', (event) => event.preventDefault());
    root.addEventListener('drop', (event) => {
      event.preventDefault();
      if (event.dataTransfer.files[0]) this.search(event.dataTransfer.files[0]);
    });
    this.camera.addEventListener('change', () => this.show());
  }

  async load() {
    this.camera.deviceId = await this.store.setting('camera');
    this.show();
  }

  switch() {
    if (['on', 'starting'].includes(this.camera.state)) {
      this.camera.stop();
      return;
    }
    // The decoder is fetched while the camera starts.
    this.decoder.prepare().catch(() => this.say('scan-decoder-failed'));
    this.camera.start();
  }

  async choose() {
    await this.store.keep('camera', this.choice.value);
    this.camera.start(this.choice.value);
  }

  async light() {
    const on = this.torch.getAttribute('aria-pressed') !== 'true';
    // A camera may name a torch and have none that can be lit.
    const isDone = await this.camera.torch(on).then(() => true, () => false);
    if (isDone) this.torch.setAttribute('aria-pressed', String(on));
  }

  async show() {
    const { state } = this.camera;
    this.root.dataset.camera = state;
    const isOn = state === 'on' || state === 'starting';
    this.toggle.textContent = this.words.say(isOn ? 'scan-camera-stop' : 'scan-camera-start');
    this.state.textContent = STATES.includes(state) ? this.words.say(`scan-camera-${state}`) : '';
    this.torch.hidden = state !== 'on' || !this.camera.hasTorch;
    if (state !== 'on') return this.onUnseen();
    this.torch.setAttribute('aria-pressed', 'false');
    const cameras = await this.camera.cameras();
    this.choice.replaceChildren(...cameras.map(({ label, deviceId }, at) =>
      new Option(label || this.words.say('scan-camera-nth', { nth: at + 1 }), deviceId)));
    this.choice.value = this.camera.current ?? '';
    this.choice.hidden = cameras.length < 2;
  }

  /** A frame of the camera. */
  async frame(bitmap) {
    const { text, ms } = await this.decoder.frame(bitmap);
    this.root.dataset.decodeMs = ms.toFixed(1);
    if (text === null) this.onUnseen();
    else this.onSeen(presented(text), 'camera');
  }

  picture() {
    const [file] = this.file.files;
    // The same file may be chosen again.
    this.file.value = '';
    if (file) this.search(file);
  }

  async search(file) {
    this.say('scan-picture-looking');
    try {
      const { text, problem } = await this.decoder.picture(file);
      if (text === null) return this.say(`scan-picture-${problem.replaceAll('_', '-')}`);
      this.say(null);
      this.onSeen(presented(text), 'picture');
    } catch {
      this.say('scan-picture-not-a-picture');
    }
  }

  typed() {
    const value = this.number.value.trim();
    if (!value) return;
    const text = fromRussianLayout(value).toUpperCase();
    if (text.startsWith(PREFIX)) {
      this.onSeen({ credential: text }, 'typed');
    } else {
      const { number, reason } = readNumber(value);
      if (!number) return this.say(`scan-number-${reason.replaceAll('_', '-')}`);
      this.onSeen({ number }, 'typed');
    }
    this.say(null);
    this.number.value = '';
  }

  say(word) {
    this.note.textContent = word ? this.words.say(word) : '';
  }
}

/** What was read is a number when it is one, and else is taken for a credential, which will be judged. */
export function presented(text) {
  const { number } = text.startsWith(PREFIX) ? {} : readNumber(text);
  return number ? { number } : { credential: text };
}
