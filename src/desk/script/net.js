/**
 * Requests to the service, each bounded in time, and whether it can be reached. Every answer also tells its
 * time.
 *
 * @typedef {object} Reply
 * @property {boolean} ok a 2xx answer
 * @property {boolean} answered the service decided: neither lost, nor "ask again"
 * @property {number} status 0 when nothing came
 * @property {object|null} body
 */

/** Milliseconds until an answer is no longer waited for at the table. */
export const PATIENCE = 2000;

/** While it cannot be reached, it is looked for this often. */
const LOOK_EVERY = 5000;

export class Net extends EventTarget {
  /** @param {{language: string, clock: import('./clock.js').Clock}} of */
  constructor({ language, clock }) {
    super();
    this.language = language;
    this.clock = clock;
    this.reachable = navigator.onLine;
    this.signedOut = false;
    this.csrf = null;
    window.addEventListener('online', () => this.look());
    window.addEventListener('offline', () => this.found(false));
    setInterval(() => !this.reachable && this.look(), LOOK_EVERY);
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {{body?: object, timeout?: number, headers?: object, anonymous?: boolean, text?: boolean}} [how]
   *   `anonymous`: without the session, for what the device's key vouches for
   * @returns {Promise<Reply>}
   */
  async send(method, path, how = {}) {
    const shown = this.csrf;
    const reply = await this.ask(method, path, how);
    if (reply.status !== 403 || reply.body?.code !== 'not_from_here' || how.anonymous) return reply;
    // Somebody signed in anew, in another tab: nothing was decided, and the new session's token is asked for.
    await this.look();
    return this.csrf === shown ? reply : this.ask(method, path, how);
  }

  async ask(method, path, { body, timeout = PATIENCE, headers = {}, anonymous = false, text = false }) {
    const wanted = { accept: 'application/json', 'accept-language': this.language, ...headers };
    if (body) wanted['content-type'] = 'application/json';
    if (method !== 'GET' && this.csrf && !anonymous) wanted['x-csrf-token'] = this.csrf;
    try {
      const response = await fetch(path, {
        method,
        headers: wanted,
        body: body && JSON.stringify(body),
        signal: AbortSignal.timeout(timeout),
        cache: 'no-store',
        redirect: 'error',
        credentials: anonymous ? 'omit' : 'same-origin',
      });
      const content = text && response.ok ? await response.text() : await response.json().catch(() => null);
      return this.take(response, content, anonymous);
    } catch {
      this.found(false);
      return { ok: false, answered: false, status: 0, body: null };
    }
  }

  take(response, body, anonymous) {
    this.clock.note(Date.parse(response.headers.get('date')));
    const { ok, status } = response;
    // 503: nothing was decided (overloaded, unavailable) or it is not known (outcome_unknown).
    const answered = status < 500 && status !== 429 && status !== 408;
    this.found(answered);
    if (!anonymous && (ok || status === 401)) this.signed(status !== 401);
    return { ok, answered, status, body };
  }

  /** Whether the service answers again, and as whom. */
  async look() {
    const reply = await this.send('GET', '/v1/me');
    if (reply.ok) this.csrf = reply.body.csrf_token;
    return reply;
  }

  found(reachable) {
    if (this.reachable === reachable) return;
    this.reachable = reachable;
    this.dispatchEvent(new Event('change'));
  }

  signed(isIn) {
    if (this.signedOut === !isIn) return;
    this.signedOut = !isIn;
    this.dispatchEvent(new Event('change'));
  }
}
