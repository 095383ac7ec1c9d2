/**
 * Figures of the enrolment desk: bytes, milliseconds a frame, until usable on a slow phone, until an answer.
 *
 *   VOUCHERS=target/release/vouchers node tests/browser/measure.js
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { frame, modules, writeVideo } from './pictures.js';
import { Between } from './between.js';
import { Service } from './service.js';
import { Visit } from './visit.js';

const here = (path) => new URL(`../../src/desk/${path}`, import.meta.url);
const place = mkdtempSync(join(tmpdir(), 'desk-measure-'));
const service = await Service.start();
const net = await Between.to(service);
const vouchers = service.vouchers();
const profile = () => mkdtempSync(join(place, 'profile-'));
const middle = (values) => [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)];

try {
  await bytes();
  await frames();
  await usable();
  await answers();
} finally {
  await net.stop();
  await service.stop();
  rmSync(place, { recursive: true, force: true });
}

async function bytes() {
  const sizes = (name, content) => [name, content.length, gzipSync(content, { level: 9 }).length, brotliCompressSync(content).length];
  const page = ['assets/desk.js', 'assets/desk.css', 'assets/enrolment.css', 'words/scan.ru.ftl', 'assets/worker.js'].map((path) => sizes(path, readFileSync(here(path))));
  const shown = await service.call('registrar', 'GET', '/desk/enrolment');
  page.unshift(sizes('page', Buffer.from(await shown.arrayBuffer())));
  const decoder = ['assets/decoder-worker.js', 'assets/zxing_reader.wasm'].map((path) => sizes(path, readFileSync(here(path))));
  for (const [name, plain, gzip, brotli] of [...page, ...decoder]) console.log(`${name}: ${plain} bytes, gzip ${gzip}, brotli ${brotli}`);
  const sum = (at) => page.reduce((total, row) => total + row[at], 0);
  console.log(`first page without the decoder: gzip ${sum(2)}, brotli ${sum(3)} bytes`);
}

async function frames() {
  const code = await modules(vouchers[0].credential);
  const views = {
    clean: [code, {}], tilted: [code, { size: 5.5, tilt: 27, perspective: 0.35 }], dim: [code, { light: 0.32, noise: 7 }],
    small: [code, { size: 3, blur: 0.7 }], smaller: [code, { size: 2.5, blur: 0.6 }], empty: [null, {}],
  };
  for (const [name, [shown, how]] of Object.entries(views)) {
    const video = join(place, `${name}.y4m`);
    writeVideo(video, [1, 2, 3].map((noise) => frame(shown, { ...how, noise: (how.noise ?? 4) + noise })));
    const visit = await Visit.start({ origin: net.origin, service, directory: profile(), video });
    await visit.signIn();
    await visit.open();
    await visit.page.locator('[data-part=camera-toggle]').click();
    await visit.page.locator('#desk[data-decode-ms]').waitFor();
    await visit.page.waitForTimeout(1500);
    const measured = await visit.page.evaluate(async () => {
      const found = [];
      new MutationObserver(() => found.push(Number(document.getElementById('desk').dataset.decodeMs)))
        .observe(document.getElementById('desk'), { attributeFilter: ['data-decode-ms'] });
      await new Promise((resolve) => setTimeout(resolve, 4000));
      return found;
    });
    const read = (await visit.page.locator('#answer[open]').count()) === 1;
    console.log(`frame ${name}: ${read ? 'read' : 'nothing read'}, middle ${middle(measured)} ms, worst ${Math.max(...measured)} ms of ${measured.length}`);
    await visit.close();
  }
}

/** Lighthouse's slow phone: 150 ms, 1.6 Mbit/s, a processor four times slower. */
async function usable() {
  const directory = profile();
  for (const name of ['first visit', 'second visit', 'no network']) {
    const visit = await Visit.start({ origin: net.origin, service, directory, viewport: { width: 360, height: 740 } });
    if (name === 'first visit') await visit.signIn();
    await visit.context.addInitScript(() => {
      new MutationObserver(() => {
        if (document.getElementById('desk')?.dataset.ready) window.usableAfter ??= performance.now();
      }).observe(document, { subtree: true, childList: true, attributes: true });
    });
    const session = await visit.context.newCDPSession(visit.page);
    await session.send('Network.enable');
    await session.send('Network.emulateNetworkConditions', { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 93_750 });
    await session.send('Emulation.setCPUThrottlingRate', { rate: 4 });
    if (name === 'no network') await net.down();
    await visit.open();
    console.log(`usable, ${name}, slow phone: ${Math.round(await visit.page.evaluate(() => window.usableAfter))} ms`);
    if (name !== 'no network') await visit.page.waitForFunction(() => navigator.serviceWorker.controller);
    await visit.close();
  }
  await net.up();
}

async function answers() {
  const visit = await Visit.start({ origin: net.origin, service, directory: profile() });
  await visit.signIn();
  await visit.open();
  await visit.chooseRun(service.run);
  const [shown, asked] = [[], []];
  for (const { credential } of vouchers.slice(1, 21)) {
    await visit.page.locator('[data-part=number]').fill(credential);
    const times = visit.page.evaluate(() => new Promise((resolve) => {
      const dialog = document.getElementById('answer');
      const found = [];
      new MutationObserver((_, observer) => {
        found.push(Number(dialog.dataset.ms));
        if (/подтверждает/.test(dialog.querySelector('[data-part=lines]').textContent)) resolve(observer.disconnect() ?? found);
      }).observe(dialog, { attributeFilter: ['data-ms'] });
    }));
    await visit.page.locator('[data-part=number]').press('Enter');
    const found = await times;
    shown.push(found[0]);
    asked.push(found.at(-1));
    await visit.cancel();
  }
  console.log(`after decode: holder shown ${middle(shown)} ms, worst ${Math.max(...shown)}; the service’s word ${middle(asked)} ms, worst ${Math.max(...asked)}`);
  await visit.close();
}
