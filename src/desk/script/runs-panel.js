/** Which course run people are enrolled into, its seats, and who is in it already. */
import { folded } from './fold.js';
import { moscowDay } from './records.js';

/** A name is typed letter by letter: the service is asked once it rests. */
const REST = 250;

export class RunsPanel extends EventTarget {
  /**
   * @param {HTMLElement} root
   * @param {{words: import('./words.js').Words, knowledge: import('./knowledge.js').Knowledge,
   *   store: import('./store.js').Store, records: import('./records.js').Records}} parts
   */
  constructor(root, parts) {
    super();
    Object.assign(this, parts);
    const part = (name) => root.querySelector(`[data-part=${name}]`);
    this.select = part('run');
    this.seats = part('seats');
    this.search = part('search');
    this.list = part('roster');
    this.empty = part('roster-empty');
    this.heading = part('roster-count');
    this.chosen = null;
    this.people = [];
    this.select.addEventListener('change', () => this.choose(this.select.value));
    this.search.addEventListener('input', () => this.seek());
    this.knowledge.addEventListener('change', () => this.show());
  }

  async load() {
    this.chosen = await this.store.setting('run');
    await this.show();
  }

  get run() {
    return this.knowledge.runs.find(({ course_run_id }) => course_run_id === this.chosen) ?? null;
  }

  async choose(courseRunId) {
    this.chosen = courseRunId || null;
    await this.store.keep('run', this.chosen);
    this.dispatchEvent(new Event('change'));
    await this.show();
    if (this.chosen) this.knowledge.fetchRoster(this.chosen);
  }

  async show() {
    const today = moscowDay(this.records.clock.now());
    const isOver = ({ ends_on }) => ends_on < today;
    this.select.replaceChildren(
      new Option(this.words.say('scan-choose-run'), ''),
      ...this.options(this.knowledge.runs.filter((run) => !isOver(run))),
      this.group('scan-runs-over', this.knowledge.runs.filter(isOver).reverse()),
    );
    this.select.value = this.run ? this.chosen : '';
    const known = await this.records.recent();
    const here = known.filter(({ course_run_id }) => course_run_id === this.chosen);
    if (this.run) {
      // Those who wait here have their seats too.
      const seats = Math.max(0, this.run.free_seats - here.filter(({ state }) => state === 'waiting').length);
      const { seats: all } = this.run;
      this.seats.textContent = this.words.say('scan-seats', { seats, all });
      this.seats.dataset.left = seats > 0 ? (seats <= 3 ? 'few' : 'some') : 'none';
    } else this.seats.textContent = '';
    this.people = this.merge(here);
    this.showRoster();
    this.dispatchEvent(new Event('shown'));
  }

  options(runs) {
    return runs.map((run) => new Option(this.label(run), run.course_run_id));
  }

  group(word, runs) {
    const group = Object.assign(document.createElement('optgroup'), { label: this.words.say(word), hidden: !runs.length });
    group.append(...this.options(runs));
    return group;
  }

  label({ code, starts_on, ends_on, programme }) {
    const day = (text) => text.split('-').reverse().slice(0, 2).join('.');
    return `${code} · ${day(starts_on)}–${day(ends_on)} · ${programme.name}`;
  }

  /** In what the device keeps at once; in the service's books when there is a connection. */
  seek() {
    this.showRoster();
    clearTimeout(this.resting);
    const sought = this.search.value.trim();
    if (sought && this.run) this.resting = setTimeout(() => this.knowledge.search(this.chosen, sought), REST);
  }

  /** The service's list, and who only waits here. */
  merge(known) {
    const mine = new Map(known.map((record) => [record.redemption_id, record]));
    const listed = (this.run?.roster ?? []).map((redemption) => {
      const record = mine.get(redemption.redemption_id);
      mine.delete(redemption.redemption_id);
      const holder = redemption.holder ?? record?.person.holder ?? null;
      const at = Date.parse(redemption.redeemed_at);
      return { holder, number: redemption.number, at, state: redemption.status === 'live' ? 'enrolled' : 'undone' };
    });
    const only = [...mine.values()].map(({ at, state, person }) => ({ ...person, at, state }));
    return [...only, ...listed].sort((left, right) => right.at - left.at);
  }

  showRoster() {
    const sought = folded(this.search.value);
    const matches = ({ holder, number }) => [holder, number].some((text) => text && folded(text).includes(sought));
    const found = sought ? this.people.filter(matches) : this.people.filter(({ state }) => state !== 'undone');
    this.heading.textContent = this.words.say('scan-found', { count: found.length });
    this.empty.hidden = found.length > 0;
    this.list.replaceChildren(...found.slice(0, 200).map((person) => this.row(person)));
  }

  row({ holder, number, at, state }) {
    const row = document.createElement('li');
    const name = Object.assign(document.createElement('span'), { className: 'who', textContent: holder ?? number ?? '—' });
    const more = [holder && number, this.when(at), state !== 'enrolled' && this.words.say(`scan-state-${state.replace('_', '-')}`)];
    const what = Object.assign(document.createElement('span'), { className: 'what', textContent: more.filter(Boolean).join(' · ') });
    row.append(name, what);
    return row;
  }

  when(at) {
    return moscowDay(at) === moscowDay(this.records.clock.now()) ? this.words.time(at) : this.words.moment.format(at);
  }
}
