/**
 * Pictures of the enrolment desk for the docs: phone and desktop, light and dark.
 *
 *   VOUCHERS=target/release/vouchers node tests/browser/screenshots.js DIRECTORY
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { frame, modules, writeVideo } from './pictures.js';
import { StandIn } from './stand-in.js';
import { Visit } from './visit.js';

const [to = 'screenshots'] = process.argv.slice(2);
mkdirSync(to, { recursive: true });
const place = mkdtempSync(join(tmpdir(), 'desk-pictures-'));
const service = await StandIn.start();
const vouchers = service.vouchers();
const run = service.demo.open_course_run_id;
const SIZES = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 800 } };

try {
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const dark of [false, true]) await take(size, viewport, dark);
  }
} finally {
  await service.stop();
  rmSync(place, { recursive: true, force: true });
}

async function take(size, viewport, dark) {
  const video = join(place, `${size}-${dark}.y4m`);
  const [first, second, third] = vouchers.splice(0, 3);
  writeVideo(video, [frame(await modules(first.credential), { tilt: 8, size: 5 })]);
  const directory = mkdtempSync(join(place, 'profile-'));
  const visit = await Visit.start({ origin: service.origin, directory, viewport, dark, video });
  const shoot = (name, fullPage = false) =>
    visit.page.screenshot({ path: join(to, `enrolment-${name}-${size}-${dark ? 'dark' : 'light'}.png`), fullPage });
  await visit.open();
  await visit.pair(service.pairing(), 'Стол 1, главный корпус');
  await visit.chooseRun(run);
  await visit.page.locator('[data-part=camera-toggle]').click();
  await visit.kind('ready');
  await visit.page.locator('#answer [data-part=lines]', { hasText: 'подтверждает' }).waitFor();
  await shoot('ready');
  await visit.confirm();
  await visit.kind('good');
  await shoot('good');
  await visit.dismiss();
  await shoot('camera');
  await visit.page.locator('[data-part=camera-toggle]').click();
  await visit.enter(service.vouchers('redeemed')[0].credential);
  await visit.kind('bad');
  await shoot('bad');
  await visit.dismiss();
  await visit.enter('https://example.org/');
  await service.down();
  for (const voucher of [second, third]) {
    await visit.enter(voucher.credential);
    await visit.confirm();
    await visit.kind('amber');
  }
  await shoot('amber');
  await visit.dismiss();
  await visit.page.waitForTimeout(500);
  await shoot('desk', true);
  await visit.page.locator('[data-part=recent] button').first().click();
  await shoot('undo');
  await visit.close();
  await service.up();
}
