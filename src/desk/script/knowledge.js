/**
 * What the device knows of the service and can work with alone: who is signed in, keys, status lists, course
 * runs and who is enrolled in them. Fetched when the network is there, kept for when it is not.
 */
import { Keyring } from './keyring.js';
import { lookUp, readStatusList } from './status.js';

const REFRESH_EVERY = 60_000;
const TIMEOUT = 15_000;

export class Knowledge extends EventTarget {
  /**
   * @param {import('./store.js').Store} store
   * @param {import('./seal.js').Seal} seal for who is enrolled: those are names
   * @param {import('./net.js').Net} net
   * @param {import('./clock.js').Clock} clock
   */
  constructor(store, seal, net, clock) {
    super();
    Object.assign(this, { store, seal, net, clock, me: null, keyring: null, lists: new Map(), runs: [] });
    setInterval(() => !document.hidden && this.net.reachable && this.refresh(), REFRESH_EVERY);
    net.addEventListener('change', () => net.reachable && this.refresh());
  }

  /** From what was kept. */
  async load() {
    this.me = await this.store.setting('me');
    const kept = await this.store.setting('jwks');
    this.keyring = kept && (await Keyring.read(kept.jwks, kept.fetchedAt));
    this.lists = new Map((await this.store.all('lists')).map((list) => [list.uri, list]));
    const runs = (await this.store.all('runs')).map(async ({ sealed, ...run }) => ({
      ...run,
      roster: sealed ? await this.seal.open(sealed, `runs/${run.course_run_id}`) : [],
    }));
    this.runs = (await Promise.all(runs)).sort(byCode);
  }

  /** From the service; what fails stays as it was. */
  async refresh() {
    if (this.refreshing) return this.refreshing;
    this.refreshing = this.fetchAll().finally(() => {
      this.refreshing = null;
      this.dispatchEvent(new Event('change'));
    });
    return this.refreshing;
  }

  async fetchAll() {
    const me = await this.net.look();
    if (!me.answered) return;
    await this.fetchKeys();
    if (me.ok) {
      const { subject, scope, organisation, device_id } = me.body;
      this.me = { subject, scope, organisation, device_id };
      await this.store.keep('me', this.me);
      await this.fetchRuns();
    }
    await Promise.all([...this.lists.keys()].map((uri) => this.fetchList(uri)));
    await this.store.keep('clock', this.clock.seen);
  }

  async fetchKeys() {
    const reply = await this.net.send('GET', '/.well-known/jwks.json', { timeout: TIMEOUT });
    if (!reply.ok) return;
    const fetchedAt = this.clock.now();
    try {
      this.keyring = await Keyring.read(reply.body, fetchedAt);
      await this.store.keep('jwks', { jwks: reply.body, fetchedAt });
    } catch {
      // Not a key set of ours: the one at hand grows old and says so by itself.
    }
  }

  /** Fetched from this origin, whatever host the list's name has: the page asks nobody else. */
  async fetchList(uri) {
    const path = new URL(uri).pathname;
    const headers = { accept: 'application/statuslist+jwt' };
    const reply = await this.net.send('GET', path, { timeout: TIMEOUT, text: true, headers });
    if (!reply.ok || !this.keyring) return;
    try {
      const list = await readStatusList(reply.body, uri, this.keyring);
      // A cache on the way may hold an older one.
      if (list.issuedAt < (this.lists.get(uri)?.issuedAt ?? 0)) return;
      this.lists.set(uri, list);
      await this.store.write(['lists'], ({ lists }) => lists.put(list));
    } catch {
      // Not a list that may be believed: the one at hand grows old and says so by itself.
    }
  }

  /** A credential named a list: have it before it is needed. */
  async learn({ statusUri }) {
    if (this.lists.has(statusUri) || !this.net.reachable) return;
    await this.fetchList(statusUri);
  }

  status({ statusUri, statusIndex }) {
    return lookUp(this.lists.get(statusUri) ?? null, statusIndex, this.clock.now());
  }

  async fetchRuns() {
    const programmes = await this.pages('/v1/programmes?limit=500');
    if (!programmes) return;
    for (const { code } of programmes.filter(({ status }) => status === 'open')) this.expectList(code);
    const runs = [];
    for (const programme of programmes) {
      const { programme_id, name, code, course_hours } = programme;
      const found = await this.pages(`/v1/course-runs?programme_id=${programme_id}&status=open&limit=500`);
      if (!found) return;
      runs.push(...found.map((run) => ({ ...run, programme: { name, code, course_hours }, seenAt: this.clock.now() })));
    }
    const rosters = new Map(this.runs.map(({ course_run_id, roster }) => [course_run_id, roster]));
    this.runs = runs.map((run) => ({ ...run, roster: rosters.get(run.course_run_id) ?? [] })).sort(byCode);
    const sealed = await Promise.all(this.runs.map((run) => this.sealed(run)));
    await this.store.write(['runs'], (stores) => {
      stores.runs.clear();
      for (const run of sealed) stores.runs.put(run);
    });
  }

  async sealed({ roster, ...run }) {
    return { ...run, sealed: await this.seal.close(roster, `runs/${run.course_run_id}`) };
  }

  /** A programme's first list is known by its name, before any credential was seen. */
  expectList(code) {
    const uri = this.keyring && `https://${this.keyring.issuer}/s/${code}/0`;
    if (uri && !this.lists.has(uri)) this.fetchList(uri);
  }

  /** Who is enrolled in a run. */
  async fetchRoster(courseRunId) {
    const [roster, detail] = await Promise.all([
      this.pages(`/v1/redemptions?course_run_id=${courseRunId}&limit=500`),
      this.net.send('GET', `/v1/course-runs/${courseRunId}`, { timeout: TIMEOUT }),
    ]);
    const run = this.runs.find(({ course_run_id }) => course_run_id === courseRunId);
    if (!roster || !detail.ok || !run) return;
    const { seats, enrolled, free_seats } = detail.body;
    Object.assign(run, { roster, seats, enrolled, free_seats, seenAt: this.clock.now() });
    await this.keep(run);
  }

  /** Looks for somebody in a run on the service: another desk may have enrolled them just now. */
  async search(courseRunId, sought) {
    if (!this.net.reachable) return;
    const asked = new URLSearchParams({ course_run_id: courseRunId, q: sought, limit: 200 });
    const reply = await this.net.send('GET', `/v1/redemptions?${asked}`);
    const run = this.runs.find(({ course_run_id }) => course_run_id === courseRunId);
    if (!reply.ok || !run) return;
    const known = new Map(run.roster.map((redemption) => [redemption.redemption_id, redemption]));
    for (const redemption of reply.body.items) known.set(redemption.redemption_id, redemption);
    run.roster = [...known.values()];
    await this.keep(run);
  }

  async keep(run) {
    const sealed = await this.sealed(run);
    await this.store.write(['runs'], ({ runs }) => runs.put(sealed));
    this.dispatchEvent(new Event('change'));
  }

  async pages(path) {
    const items = [];
    let cursor = '';
    do {
      const reply = await this.net.send('GET', path + cursor, { timeout: TIMEOUT });
      if (!reply.ok) return null;
      items.push(...reply.body.items);
      cursor = reply.body.next_cursor ? `&cursor=${encodeURIComponent(reply.body.next_cursor)}` : '';
    } while (cursor);
    return items;
  }
}

const byCode = (left, right) => left.code.localeCompare(right.code, 'ru', { numeric: true });
