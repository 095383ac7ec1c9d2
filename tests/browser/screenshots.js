/**
 * Pictures of every page, on a phone and on a large screen; three of them and the enrolment desk also in the dark.
 *
 *   VOUCHERS=target/release/vouchers node tests/browser/screenshots.js DIRECTORY
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Between } from './between.js';
import { frame, modules, writeVideo } from './pictures.js';
import { Service } from './service.js';
import { Visit } from './visit.js';

const [to = 'screenshots'] = process.argv.slice(2);
mkdirSync(to, { recursive: true });
const place = mkdtempSync(join(tmpdir(), 'desk-pictures-'));
const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };
const ROLES = ['registrar', 'agency', 'programme', 'teaching', 'treasury', 'auditor', 'admin'];
const ALSO_DARK = ['front', 'programme-progress', 'treasury-budget'];
const service = await Service.start();
const net = await Between.to(service);
const vouchers = service.vouchers();

try {
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const dark of [false, true]) await enrolment(size, viewport, dark);
  }
  await open();
  for (const role of ROLES) await pages(role);
} finally {
  await net.stop();
  await service.stop();
  rmSync(place, { recursive: true, force: true });
}

function start(more = {}) {
  return Visit.start({ origin: net.origin, service, directory: mkdtempSync(join(place, 'profile-')), ...more });
}

/** One page as it is now, in every size. */
async function shoot(visit, name) {
  for (const dark of ALSO_DARK.includes(name) ? [false, true] : [false]) {
    await visit.page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
    for (const [size, viewport] of Object.entries(SIZES)) {
      await visit.page.setViewportSize(viewport);
      await visit.page.screenshot({ path: join(to, `${name}-${size}-${dark ? 'dark' : 'light'}.png`), fullPage: true });
    }
  }
}

/** What nobody need sign in for. */
async function open() {
  const visit = await start();
  const [voucher] = vouchers;
  const { link } = await service.get('programme', `/v1/vouchers/${voucher.voucher_id}/link`);
  for (const [name, path] of Object.entries({ front: '/', 'sign-in': '/sign-in', pass: '/pass', 'set-up': '/set-up', holder: link })) {
    await visit.page.goto(`${net.origin}${path}`, { waitUntil: 'networkidle' });
    await shoot(visit, name);
  }
  await visit.close();
}

/** A role's own pages, and one of each that they lead to. */
async function pages(role) {
  const visit = await start();
  await visit.signIn(role);
  const menu = await visit.page.locator('nav .menu a').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  for (const path of ['/desk', '/desk/me', ...menu.filter((path) => path !== '/desk/enrolment')]) {
    const name = path === '/desk' ? `${role}-desk` : `${role}-${path.split('/')[2]}`;
    await visit.page.goto(`${net.origin}${path}`);
    await shoot(visit, name);
    const further = visit.page.locator('main a[href^="/desk/requests/"], main a[href^="/desk/vouchers/"], main a[href^="/desk/entries/"]').first();
    if (!(await further.count())) continue;
    await visit.page.goto(`${net.origin}${await further.getAttribute('href')}`);
    await shoot(visit, `${name}-one`);
  }
  if (role === 'registrar') {
    await visit.page.goto(`${net.origin}/desk/devices`);
    await visit.page.locator('form[action="/desk/devices/pairings"] button').click();
    await visit.page.locator('.qr').waitFor();
    await shoot(visit, 'registrar-pairing');
  }
  await visit.close();
}

/** The enrolment desk at work; leaves a conflict case behind for the pages to show. */
async function enrolment(size, viewport, dark) {
  const video = join(place, `${size}-${dark}.y4m`);
  const [first, second, third] = vouchers.splice(0, 3);
  writeVideo(video, [frame(await modules(first.credential), { tilt: 8, size: 5 })]);
  const visit = await start({ viewport, dark, video });
  const take = (name, fullPage = false) =>
    visit.page.screenshot({ path: join(to, `enrolment-${name}-${size}-${dark ? 'dark' : 'light'}.png`), fullPage });
  await visit.signIn();
  await visit.pair('Стол 1, главный корпус');
  await visit.chooseRun(service.run);
  await visit.page.locator('[data-part=camera-toggle]').click();
  await visit.kind('ready');
  await visit.page.locator('#answer [data-part=lines]', { hasText: 'подтверждает' }).waitFor();
  await take('ready');
  await visit.confirm();
  await visit.kind('good');
  await take('good');
  await visit.dismiss();
  await take('camera');
  await visit.page.locator('[data-part=camera-toggle]').click();
  await visit.enter(service.vouchers('redeemed')[0].credential);
  await visit.kind('bad');
  await take('bad');
  await visit.dismiss();
  await net.down();
  for (const voucher of [second, third]) {
    await visit.enter(voucher.credential);
    await visit.confirm();
    await visit.kind('amber');
  }
  await take('amber');
  await visit.dismiss();
  await take('desk', true);
  await visit.page.locator('[data-part=recent] button').first().click();
  await take('undo');
  await service.redeemElsewhere(third);
  await net.up();
  await visit.page.locator('[data-part=waiting][data-count="0"]').waitFor();
  await visit.close();
}
