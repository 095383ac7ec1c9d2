/**
 * The answer, over the whole screen: colour, shape, words, sound and vibration say the same.
 *
 * @typedef {object} Answer
 * @property {'ready'|'busy'|'good'|'amber'|'bad'} kind
 * @property {string} [word] message whose value is the title and whose `next` says what to do
 * @property {string} [title] instead, in the service's words
 * @property {string|null} holder
 * @property {object|null} run the course run
 * @property {object|null} claims
 * @property {object} args of the message
 * @property {{word?: string, text?: string, args?: object}[]} lines
 * @property {string} [next]
 * @property {string} [number]
 * @property {number} ms since the code was read
 * @property {{id: string, word: string, primary?: boolean, href?: boolean, run?: () => void}[]} actions
 */

/** A tap meant for the answer before must not confirm the next person, nor put an answer away unread. */
const ARMED_AFTER = 350;

export class AnswerView {
  /**
   * @param {HTMLDialogElement} dialog
   * @param {{words: import('./words.js').Words, signal: import('./signal.js').Signal, signIn: string,
   *   onDismiss: () => void}} parts
   */
  constructor(dialog, parts) {
    this.dialog = dialog;
    Object.assign(this, parts);
    const part = (name) => dialog.querySelector(`[data-part=${name}]`);
    this.title = part('title');
    this.holder = part('holder');
    this.course = part('course');
    this.lines = part('lines');
    this.next = part('next');
    this.actions = part('actions');
    this.spoken = part('spoken');
    dialog.addEventListener('cancel', (event) => {
      event.preventDefault();
      this.onDismiss();
    });
    dialog.addEventListener('keydown', (event) => this.key(event));
  }

  get isAnswer() {
    return ['good', 'amber', 'bad'].includes(this.answer?.kind);
  }

  /** @param {Answer} answer */
  show(answer) {
    const isUpdate = this.answer?.kind === answer.kind && answer.kind === 'ready' && this.dialog.open;
    this.answer = answer;
    if (!isUpdate) this.disarm();
    this.dialog.dataset.kind = answer.kind;
    this.dialog.dataset.ms = answer.ms.toFixed(1);
    this.write(answer);
    if (!this.dialog.open) this.dialog.showModal();
    if (!isUpdate) {
      this.title.focus();
      this.signal.give(answer.kind);
    }
  }

  write({ kind, title, word, args, holder, run, claims, lines, next, number, actions }) {
    const heading = title ?? this.words.say(word, args);
    const advice = next ?? this.words.say(word, args, 'next');
    const told = lines.map((line) => line.text ?? this.words.say(line.word, line.args)).filter(Boolean);
    put(this.title, heading);
    put(this.holder, holder ?? (kind === 'ready' || kind === 'good' ? (number ?? '') : ''));
    const about = holder || number ? this.about(run, claims, holder ? number : null) : [];
    this.course.replaceChildren(...about.map((text) => Object.assign(document.createElement('span'), { textContent: text })));
    this.lines.replaceChildren(...told.map((text) => Object.assign(document.createElement('p'), { textContent: text })));
    put(this.next, advice);
    const close = { id: 'dismiss', word: 'scan-next', run: () => this.onDismiss() };
    const all = kind === 'ready' || kind === 'busy' ? actions : [...actions, close];
    this.actions.replaceChildren(...all.map((action) => this.button(action)));
    const spoken = [heading, holder, ...told, advice].filter(Boolean).map((part) => part.replace(/\.$/, '')).join('. ');
    if (kind !== 'busy' && this.spoken.textContent !== spoken) this.spoken.textContent = spoken;
  }

  about(run, claims, number) {
    const hours = claims?.hours ?? run?.programme?.course_hours ?? null;
    const where = [run && this.words.say('scan-run', { run: run.code }), hours && this.words.say('scan-hours', { hours })];
    return [run?.programme?.name, where.filter(Boolean).join(' · '), number].filter(Boolean);
  }

  button({ id, word, primary, href, run }) {
    const element = document.createElement(href ? 'a' : 'button');
    element.textContent = this.words.say(word);
    element.dataset.action = id;
    element.className = primary ? 'button primary' : 'button';
    if (href) Object.assign(element, { href: this.signIn, target: '_blank', rel: 'noopener' });
    else {
      element.type = 'button';
      element.addEventListener('click', () => this.isArmed && run());
    }
    return element;
  }

  get isArmed() {
    return this.dialog.dataset.armed === 'true';
  }

  disarm() {
    clearTimeout(this.arming);
    this.dialog.dataset.armed = 'false';
    this.arming = setTimeout(() => (this.dialog.dataset.armed = 'true'), ARMED_AFTER);
  }

  /** Space, Enter and Esc put an answer away; Enter confirms who is shown. */
  key(event) {
    if (event.target.closest('button, a')) return;
    if (this.isAnswer && [' ', 'Enter'].includes(event.key)) {
      event.preventDefault();
      if (this.isArmed) this.onDismiss();
    }
    if (this.answer?.kind === 'ready' && event.key === 'Enter') {
      event.preventDefault();
      this.actions.querySelector('[data-action=confirm]')?.click();
    }
  }

  hide() {
    this.answer = null;
    this.spoken.textContent = '';
    if (this.dialog.open) this.dialog.close();
  }
}

function put(element, text) {
  element.textContent = text ?? '';
  element.hidden = !text;
}
