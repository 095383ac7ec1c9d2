/** A browser at the enrolment desk. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../src/desk/script/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const { prepareZXingModule, readBarcodes } = require('zxing-wasm/reader');
prepareZXingModule({ overrides: { wasmBinary: readFileSync(require.resolve('zxing-wasm/reader/zxing_reader.wasm')) } });
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** One browser for all visits that need none of their own. */
let shared = null;

const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream',
];

export class Visit {
  /**
   * In a context of its own, and in a browser of its own where the visit has a `directory` (its profile outlives a kill), a
   * `video`, or no camera.
   *
   * @param {{origin: string, service: import('./service.js').Service, directory?: string, video?: string,
   *   viewport?: object, dark?: boolean, camera?: boolean, script?: boolean, locale?: string}} how
   */
  static async start({ origin, directory, video, viewport = { width: 1280, height: 900 }, dark = false, camera = true, script = true, locale = 'ru-RU', service }) {
    const self = new Visit();
    const args = (video ? [...FLAGS, `--use-file-for-fake-video-capture=${video}`] : FLAGS).filter((flag) => camera || !flag.includes('media-stream'));
    const program = { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args };
    const look = { viewport, colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce', permissions: camera ? ['camera'] : [], javaScriptEnabled: script, locale };
    if (directory) self.context = await chromium.launchPersistentContext(directory, { ...program, ...look });
    else {
      if (video || !camera) self.browser = await chromium.launch(program);
      else shared ??= chromium.launch(program);
      self.context = await (self.browser ?? (await shared)).newContext(look);
    }
    self.context.setDefaultTimeout(60_000);
    self.origin = origin;
    self.service = service;
    self.directory = directory;
    self.strangers = [];
    self.violations = [];
    self.errors = [];
    self.context.on('request', (request) => {
      const url = new URL(request.url());
      if (!['data:', 'blob:'].includes(url.protocol) && url.origin !== origin) self.strangers.push(request.url());
    });
    await self.context.exposeBinding('toldViolation', (_, what) => self.violations.push(what));
    await self.context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
        window.toldViolation(`${violatedDirective} ${blockedURI}`);
      });
    });
    self.page = self.context.pages()[0] ?? (await self.context.newPage());
    self.watch(self.page);
    return self;
  }

  watch(page) {
    page.on('pageerror', (error) => this.errors.push(String(error)));
    page.on('console', (message) => /Content Security Policy/.test(message.text()) && this.violations.push(message.text()));
  }

  /** Signs the browser in by a pass, as its person would. */
  async signIn(role = 'registrar', page = this.page) {
    await page.goto(`${this.origin}/pass#${this.service.pass(role)}`);
    await page.locator('form[action="/pass"] button').click();
    await page.waitForURL(`${this.origin}/desk`);
  }

  async open(page = this.page, hash = '') {
    await page.goto(`${this.origin}/desk/enrolment${hash}`);
    await page.locator('#desk[data-ready=true]').waitFor();
  }

  async chooseRun(courseRunId, page = this.page) {
    await page.locator(`[data-part=run] option[value="${courseRunId}"]`).waitFor({ state: 'attached' });
    await page.locator('[data-part=run]').selectOption(courseRunId);
  }

  /** Pairs the browser by the code that the registrar's page shows. */
  async pair(name = 'Стол 1') {
    await this.page.goto(`${this.origin}/desk/devices`);
    await this.page.locator('form[action="/desk/devices/pairings"] button').click();
    const [, secret] = /&pair=([\w-]+)$/.exec(await this.shownCode());
    await this.open(this.page, `#pair=${secret}`);
    await this.page.locator('[data-part=device-name]').fill(name);
    await this.page.locator('[data-part=pairing] button').click();
    await this.page.locator('[data-part=device]', { hasText: name }).waitFor();
  }

  /** What a camera reads off the screen. */
  async shownCode(page = this.page) {
    const code = page.locator('.qr');
    await code.waitFor();
    const [found] = await readBarcodes(await code.screenshot(), { formats: ['QRCode'], tryHarder: true });
    return found.text;
  }

  /** What a USB scanner does: keys faster than any hand, then Enter; told as so fast even where the machine is slow. */
  async type(text, { page = this.page, layout = 'latin' } = {}) {
    const session = await this.context.newCDPSession(page);
    await page.bringToFront();
    const keys = strokes(text, layout);
    const begun = Date.now() / 1000 - keys.length * A_KEY;
    const sent = keys.flatMap((key, at) => {
      const timestamp = begun + at * A_KEY;
      return [
        session.send('Input.dispatchKeyEvent', { type: 'keyDown', timestamp, ...key }),
        session.send('Input.dispatchKeyEvent', { type: 'keyUp', timestamp, ...key, text: undefined }),
      ];
    });
    await Promise.all(sent);
    await session.detach();
  }

  /** The same by hand, whose speed does not matter. */
  async enter(text, page = this.page) {
    await page.bringToFront();
    if (await page.locator('#answer[open]').count()) await this.dismiss(page);
    await page.locator('[data-part=number]').fill(text);
    await page.locator('[data-part=number]').press('Enter');
  }

  async kind(kind, page = this.page) {
    await page.locator(`#answer[data-kind=${kind}][open]`).waitFor();
  }

  /** The answer, as soon as it takes a tap or a key. */
  async armed(kind, page = this.page) {
    await page.locator(`#answer[open][data-kind=${kind}][data-armed=true]`).waitFor();
  }

  /** A button of the answer, as soon as it takes a tap. */
  async press(action, page = this.page) {
    await page.locator(`#answer[open][data-armed=true] [data-action=${action}]`).click();
  }

  confirm(page = this.page) {
    return this.press('confirm', page);
  }

  async cancel(page = this.page) {
    await this.press('cancel', page);
    await page.locator('#answer[open]').waitFor({ state: 'detached' });
  }

  async dismiss(page = this.page) {
    await this.press('dismiss', page);
    await page.locator('#answer[open]').waitFor({ state: 'detached' });
  }

  /** Until the camera was read so many times more. */
  async frames(count) {
    await this.page.evaluate((count) => new Promise((resolve) => {
      let seen = 0;
      new MutationObserver((frames) => (seen += frames.length) >= count && resolve())
        .observe(document.getElementById('desk'), { attributeFilter: ['data-decode-ms'] });
    }), count);
  }

  answer(part = 'title', page = this.page) {
    return page.locator(`#answer [data-part=${part}]`).textContent();
  }

  async close() {
    await this.context.close();
    await this.browser?.close();
  }

  /** When no more visits are made. */
  static async end() {
    await (await shared)?.close();
    shared = null;
  }

  /** As when the battery goes: no process of this browser hears of it before. */
  async kill() {
    const gone = new Promise((resolve) => this.context.once('close', resolve));
    for (const id of processes(this.directory)) process.kill(id, 'SIGKILL');
    await gone;
  }

  /** Fails on what axe-core finds. */
  async inspect(page = this.page) {
    assert.deepEqual(await this.violationsOfAxe(page), []);
  }

  async violationsOfAxe(page = this.page) {
    const session = await this.context.newCDPSession(page);
    // By the debugger, which no policy of the page's stops.
    if (!(await page.evaluate(() => 'axe' in window))) await session.send('Runtime.evaluate', { expression: AXE });
    const { result } = await session.send('Runtime.evaluate', {
      expression: `axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
        .then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' | ')))`,
      awaitPromise: true, returnByValue: true,
    });
    await session.detach();
    return result.value;
  }
}

/** The browser's processes, by their profile. */
function processes(directory) {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((id) => {
    try {
      return readFileSync(`/proc/${id}/cmdline`, 'utf8').includes(`--user-data-dir=${directory}`);
    } catch {
      return false;
    }
  });
}

/** Seconds from one key of a scanner to the next. */
const A_KEY = 0.002;

const SHIFTED = { $: 'Digit4', '%': 'Digit5', '*': 'Digit8', '+': 'Equal', ':': 'Semicolon' };
const PLAIN = { '-': 'Minus', '.': 'Period', '/': 'Slash', ' ': 'Space' };
const RUSSIAN = { $: ';', ':': 'Ж', '.': 'ю', '/': '.' };
const LETTERS = 'ФИСВУАПРШОЛДЬТЩЗЙКЫЕГМЦЧНЯ';

function strokes(text, layout) {
  const keys = [...text].map((character) => {
    const isLetter = /[A-Z]/.test(character);
    const code = SHIFTED[character] ?? PLAIN[character] ?? (isLetter ? `Key${character}` : `Digit${character}`);
    const russian = isLetter ? LETTERS[character.charCodeAt(0) - 65] : (RUSSIAN[character] ?? character);
    const key = layout === 'russian' ? russian : character;
    const isShifted = isLetter || character in SHIFTED;
    return { key, text: key, code, modifiers: isShifted ? 8 : 0, windowsVirtualKeyCode: character === ' ' ? 32 : undefined };
  });
  return [...keys, { key: 'Enter', code: 'Enter', text: '\r', windowsVirtualKeyCode: 13 }];
}
