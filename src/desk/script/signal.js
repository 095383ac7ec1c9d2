/** Sound and vibration: three that cannot be mistaken for each other, also without looking. */

const SIGNALS = {
  good: { notes: [[880, 0, 0.1], [1318, 0.11, 0.18]], buzz: [70] },
  amber: { notes: [[660, 0, 0.12], [660, 0.2, 0.12]], buzz: [60, 80, 60] },
  bad: { notes: [[196, 0, 0.45]], buzz: [250, 90, 250] },
};

export class Signal {
  constructor() {
    this.sound = true;
    this.vibration = true;
    // Browsers let a page sound only after somebody touched it.
    const wake = () => this.context()?.resume();
    window.addEventListener('pointerdown', wake, { passive: true });
    window.addEventListener('keydown', wake, { passive: true });
  }

  context() {
    if (!this.audio && window.AudioContext) this.audio = new AudioContext();
    return this.audio ?? null;
  }

  give(kind) {
    const signal = SIGNALS[kind];
    if (!signal) return;
    if (this.vibration) navigator.vibrate?.(signal.buzz);
    const audio = this.sound && this.context();
    if (audio && audio.state === 'running') signal.notes.forEach((note) => play(audio, kind, note));
  }
}

function play(audio, kind, [frequency, after, length]) {
  const from = audio.currentTime + after;
  const tone = new OscillatorNode(audio, { frequency, type: kind === 'bad' ? 'square' : 'sine' });
  const loudness = new GainNode(audio, { gain: 0 });
  loudness.gain.setValueAtTime(0, from);
  loudness.gain.linearRampToValueAtTime(kind === 'bad' ? 0.12 : 0.3, from + 0.01);
  loudness.gain.linearRampToValueAtTime(0, from + length);
  tone.connect(loudness).connect(audio.destination);
  tone.start(from);
  tone.stop(from + length);
}
