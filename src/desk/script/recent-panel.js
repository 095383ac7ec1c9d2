/** What this device did lately, each with what can still be done about it: undo, or look at a conflict. */

/** The registrar who redeemed undoes alone; later a second person confirms. */
const ALONE = 10 * 60 * 1000;
const SHOWN = 30;

export class RecentPanel {
  /**
   * @param {HTMLElement} root
   * @param {{words: import('./words.js').Words, records: import('./records.js').Records,
   *   clock: import('./clock.js').Clock, undo: import('./undo.js').Undo}} parts
   */
  constructor(root, parts) {
    Object.assign(this, parts);
    const part = (name) => root.querySelector(`[data-part=${name}]`);
    this.list = part('recent');
    this.empty = part('recent-empty');
    this.counters = Object.fromEntries(['enrolled', 'waiting', 'refused'].map((name) => [name, part(`today-${name}`)]));
  }

  async show() {
    const [recent, today] = await Promise.all([this.records.recent(), this.records.today()]);
    for (const [name, element] of Object.entries(this.counters)) element.textContent = today[name];
    const urgent = recent.filter(({ seen }) => !seen);
    const others = recent.filter(({ seen }) => seen).slice(0, SHOWN);
    this.empty.hidden = urgent.length + others.length > 0;
    this.list.replaceChildren(...[...urgent, ...others].map((record) => this.row(record)));
  }

  row(record) {
    const { person, at, state, detail, seen } = record;
    const row = document.createElement('li');
    row.dataset.state = state;
    row.dataset.redemption = record.redemption_id;
    const name = text('span', 'who', person.holder ?? person.number ?? '—');
    const told = [this.words.time(at), person.run, this.words.say(`scan-state-${state.replace('_', '-')}`)];
    row.append(name, text('span', 'what', told.filter(Boolean).join(' · ')));
    if (!seen && detail) row.append(text('span', 'detail', detail));
    if (!seen) row.append(this.button('scan-seen', () => this.records.change(record.redemption_id, { seen: true }).then(() => this.show())));
    if (['enrolled', 'waiting'].includes(state)) {
      const alone = this.clock.now() - at < ALONE;
      row.append(this.button(alone ? 'scan-undo' : 'scan-undo-late', () => this.undo.ask(record, alone)));
    }
    return row;
  }

  button(word, run) {
    const button = text('button', 'button small', this.words.say(word));
    button.type = 'button';
    button.addEventListener('click', run);
    return button;
  }
}

export function text(tag, className, content) {
  return Object.assign(document.createElement(tag), { className, textContent: content });
}
