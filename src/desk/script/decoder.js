/** The page's side of the decoder: one worker, started when it is first needed. */
export class Decoder {
  /** @param {{script: string, wasm: string}} addresses */
  constructor({ script, wasm }) {
    this.addresses = { script, wasm };
    this.waiting = new Map();
    this.next = 0;
    this.started = null;
  }

  /** Loads worker and WebAssembly; repeats after a failure. */
  prepare() {
    this.started ??= this.start().catch((error) => {
      this.started = null;
      throw error;
    });
    return this.started;
  }

  async start() {
    this.worker = new Worker(this.addresses.script);
    this.worker.onmessage = ({ data: { id, output, error } }) => {
      const { resolve, reject } = this.waiting.get(id);
      this.waiting.delete(id);
      if (error) reject(new Error(error));
      else resolve(output);
    };
    this.worker.onerror = () => {
      for (const { reject } of this.waiting.values()) reject(new Error('the decoder stopped'));
      this.waiting.clear();
      this.started = null;
    };
    await this.ask('prepare', { wasm: new URL(this.addresses.wasm, location.href).href });
  }

  /**
   * Searches a frame, which it takes over.
   * @param {ImageBitmap} bitmap
   * @returns {Promise<{text: string|null, damaged: boolean, ms: number}>}
   */
  async frame(bitmap) {
    await this.prepare();
    return this.ask('frame', { bitmap }, [bitmap]);
  }

  /**
   * Searches a file.
   * @param {Blob} blob
   * @returns {Promise<{text: string|null, problem?: 'not_a_picture'|'blurred'|'no_code', ms: number}>}
   */
  async picture(blob) {
    await this.prepare();
    return this.ask('picture', { blob });
  }

  ask(task, input, transfer = []) {
    this.next += 1;
    const id = this.next;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, task, ...input }, transfer);
    });
  }
}
