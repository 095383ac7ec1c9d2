/** Choices that stay on the device: sound and vibration. */
export class SettingsPanel {
  /** @param {{store: import('./store.js').Store, signal: import('./signal.js').Signal}} parts */
  constructor(root, { store, signal }) {
    Object.assign(this, { store, signal });
    this.boxes = ['sound', 'vibration'].map((name) => root.querySelector(`[data-part=${name}]`));
    for (const box of this.boxes) box.addEventListener('change', () => this.keep(box));
  }

  async load() {
    for (const box of this.boxes) {
      const { part } = box.dataset;
      box.checked = (await this.store.setting(part)) ?? true;
      this.signal[part] = box.checked;
    }
  }

  async keep(box) {
    this.signal[box.dataset.part] = box.checked;
    await this.store.keep(box.dataset.part, box.checked);
    this.signal.give('good');
  }
}
