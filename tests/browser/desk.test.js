/**
 * The enrolment desk in a real Chromium. Needs Debian's chromium, `npm ci` in src/desk/script, and the program:
 *
 *   VOUCHERS=target/release/vouchers node --test tests/browser/
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { frame, modules, writeVideo } from './pictures.js';
import { Between } from './between.js';
import { anotherCamera, isReadable, photograph, readQueue, setClock } from './in-page.js';
import { Service, until } from './service.js';
import { Visit } from './visit.js';

const place = mkdtempSync(join(tmpdir(), 'desk-visits-'));
let service;
let net;
let run;
let issued;

before(async () => {
  service = await Service.start();
  net = await Between.to(service);
  run = service.run;
  issued = service.vouchers();
});

after(async () => {
  await Visit.end();
  await net?.stop();
  await service?.stop();
  rmSync(place, { recursive: true, force: true });
});

const fresh = () => mkdtempSync(join(place, 'profile-'));

/** A visit at the table with a run chosen; held to the rules that hold for all of them. */
async function visiting(how, act) {
  const visit = await Visit.start({ origin: net.origin, service, ...how });
  try {
    await visit.signIn();
    await visit.open();
    await visit.chooseRun(run);
    await act(visit);
    assert.deepEqual([visit.violations, visit.strangers, visit.errors], [[], [], []]);
  } finally {
    await visit.close();
    await net.up();
    net.clear();
  }
}

async function video(name, planes) {
  const path = join(place, `${name}.y4m`);
  writeVideo(path, planes);
  return path;
}

const times = (voucher) => service.redemptions().then((all) => all.filter(({ voucher_id }) => voucher_id === voucher.voucher_id).length);

describe('the camera', () => {
  const views = {
    clean: { size: 6 },
    tilted: { size: 5.5, tilt: 27, perspective: 0.35 },
    dim: { size: 6, light: 0.32, noise: 7 },
    small: { size: 3, blur: 0.7 },
  };
  for (const [name, view] of Object.entries(views)) {
    test(`a code that is ${name} is read, and its holder enrolled`, async () => {
      const voucher = issued.pop();
      const code = await modules(voucher.credential);
      await visiting({ video: await video(name, [frame(code, view), frame(code, { ...view, noise: 5 })]) }, async (visit) => {
        await visit.page.locator('[data-part=camera-toggle]').click();
        await visit.kind('ready');
        assert.match(await visit.answer('holder'), /^\p{Lu}\p{L}+ \p{Lu}\. \p{Lu}\.$/u);
        await visit.confirm();
        await visit.kind('good');
        const decode = Number(await visit.page.locator('#desk').getAttribute('data-decode-ms'));
        console.log(`# ${name}: ${decode} ms a frame`);
        await visit.frames(10);
        await visit.kind('good');
        await visit.dismiss();
        await visit.frames(10);
        assert.equal(await visit.page.locator('#answer[open]').count(), 0, 'the code still in view is no second scan');
        assert.equal(await times(voucher), 1);
        assert.equal(net.requests.filter(({ path, body }) => path === '/v1/redemptions' && body.includes(voucher.credential)).length, 1);
      });
    });
  }

  const foreign = {
    'another system’s code': ['HC1:NCFOXN%TS3DH3ZSUZK+.V0ETD%65NL-AH-R6IOOK.IR9B+9D8', 'Это код другой системы'],
    'a link': ['https://example.org/ticket/123', 'Это ссылка, а не сертификат'],
    'any text': ['4607026550012', 'Это не сертификат на обучение'],
  };
  for (const [name, [text, title]] of Object.entries(foreign)) {
    test(`${name} is refused with what to bring`, async () => {
      const path = await video('foreign', [frame(await modules(text), { size: 9 })]);
      await visiting({ video: path }, async (visit) => {
        await visit.page.locator('[data-part=camera-toggle]').click();
        await visit.kind('bad');
        assert.equal(await visit.answer(), title);
        assert.notEqual(await visit.answer('next'), '');
      });
    });
  }

  test('a camera that is not allowed, and none', async () => {
    await visiting({ camera: false }, async (visit) => {
      await visit.page.locator('[data-part=camera-toggle]').click();
      await visit.page.locator('#desk[data-camera=denied], #desk[data-camera=none]').waitFor();
      assert.match(await visit.page.locator('[data-part=camera-state]').textContent(), /номер сертификата/);
    });
  });
});

describe('a picture', () => {
  const choose = (visit, file) => visit.page.locator('[data-part=picture]').setInputFiles(file);
  const note = (visit, text) => visit.page.locator('[data-part=input-note]', { hasText: text }).waitFor();

  test('the service’s own PNG, a photo of 50 megapixels, a blurred one, an empty one, no picture at all', async () => {
    await visiting({}, async (visit) => {
      const [voucher] = issued;
      const png = await service.picture(voucher);
      await choose(visit, { name: 'qr.png', mimeType: 'image/png', buffer: png });
      await visit.kind('ready');
      await visit.cancel();
      const photo = (kind) => visit.page.evaluate(photograph, { kind, png: png.toString('base64') });
      await choose(visit, { name: 'huge.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(await photo('huge'), 'base64') });
      await visit.kind('ready');
      await visit.cancel();
      await choose(visit, { name: 'blurred.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(await photo('blurred'), 'base64') });
      await note(visit, 'Снимок нерезкий');
      await choose(visit, { name: 'desk.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(await photo('empty'), 'base64') });
      await note(visit, 'На снимке нет QR-кода');
      await choose(visit, { name: 'list.csv', mimeType: 'text/csv', buffer: Buffer.from('a;b') });
      await note(visit, 'Это не изображение');
    });
  });
});

describe('keys', () => {
  test('a USB scanner is read under both layouts, in a field and over an answer', async () => {
    await visiting({}, async (visit) => {
      const [first, second] = [issued.pop(), issued.pop()];
      await visit.page.locator('[data-part=search]').fill('Ив');
      await visit.page.locator('[data-part=search]').focus();
      await visit.type(first.credential, { layout: 'russian' });
      await visit.kind('ready');
      assert.equal(await visit.page.locator('[data-part=search]').inputValue(), 'Ив', 'the field is as it was');
      await visit.confirm();
      await visit.kind('good');
      await visit.type(second.credential);
      await visit.armed('ready');
      await visit.page.keyboard.press('Enter');
      await visit.armed('good');
      await visit.page.keyboard.press('Escape');
      await visit.page.locator('#answer[open]').waitFor({ state: 'detached' });
      assert.deepEqual([await times(first), await times(second)], [1, 1]);
    });
  });

  test('the number, typed; a slip in it is told at once', async () => {
    await visiting({}, async (visit) => {
      const voucher = issued.pop();
      const field = visit.page.locator('[data-part=number]');
      const [code, serial, check] = voucher.number.split('-');
      await field.fill(`${code}-${serial}-${(Number(check) + 1) % 10}`);
      await field.press('Enter');
      await visit.page.locator('[data-part=input-note]', { hasText: 'опечатка' }).waitFor();
      await field.fill(voucher.number.toLowerCase());
      await field.press('Enter');
      await visit.kind('ready');
      await visit.confirm();
      await visit.kind('good');
      assert.equal(await times(voucher), 1);
    });
  });

  test('a double click redeems once, and the same code again soon is no second request', async () => {
    await visiting({}, async (visit) => {
      const voucher = issued.pop();
      await visit.type(voucher.credential);
      await visit.armed('ready');
      await visit.page.locator('[data-action=confirm]').dblclick();
      await visit.kind('good');
      await visit.type(voucher.credential);
      // What the second scan might have asked, it would have asked before this.
      await visit.page.evaluate(() => fetch('/v1/me'));
      await visit.kind('good');
      const sent = (to) => net.requests.filter(({ path, body }) => path === to && body.includes(voucher.credential)).length;
      assert.deepEqual([sent('/v1/redemptions/preview'), sent('/v1/redemptions')], [1, 1]);
    });
  });
});

test('what the service refuses is red, in its words, with the next step', async () => {
  const refused = { voided: /аннулирован/i, suspended: /приостановлен/i, redeemed: /погашен/i, expired: /ист[её]к/i };
  await visiting({}, async (visit) => {
    for (const [status, words] of Object.entries(refused)) {
      await visit.enter(service.vouchers(status)[0].credential);
      await visit.kind('bad');
      assert.match((await visit.answer()) + (await visit.answer('lines')), words);
      assert.notEqual(await visit.answer('next'), '');
    }
  });
});

describe('undo', () => {
  test('a slip is undone with a reason, and the voucher can be redeemed again', async () => {
    await visiting({}, async (visit) => {
      const voucher = issued.pop();
      for (const round of [1, 2]) {
        await visit.enter(voucher.credential);
        await visit.confirm();
        await visit.kind('good');
        await visit.dismiss();
        if (round === 2) break;
        await visit.page.locator('[data-part=recent] button', { hasText: 'Отменить' }).first().click();
        await visit.page.locator('[data-part=undo-submit]').click();
        await visit.page.locator('[data-part=undo-reason]').fill('Не тот поток (пример)');
        await visit.page.locator('[data-part=undo-submit]').click();
        await visit.page.locator('[data-part=recent] li[data-state=undone]').waitFor();
      }
      assert.equal(await times(voucher), 2);
    });
  });
});

describe('without a network', () => {
  test('forty-six scans, the browser killed half-way, the clock three days off: each counts exactly once', { timeout: 600_000 }, async () => {
    const directory = fresh();
    const vouchers = issued.splice(0, 46);
    const starting = async () => {
      const visit = await Visit.start({ origin: net.origin, service, directory });
      await visit.context.addInitScript(setClock, 3 * 24 * 3600 * 1000);
      return visit;
    };
    const scan = async (visit, voucher) => {
      await visit.enter(voucher.credential);
      await visit.confirm();
      await visit.kind('amber');
      assert.equal(await visit.answer(), 'Принято, не окончательно');
    };
    let visit = await starting();
    try {
      await visit.signIn();
      await visit.pair();
      await visit.chooseRun(run);
      await visit.page.locator('[data-part=notices]', { hasText: 'Часы устройства' }).waitFor();
      await visit.page.waitForFunction(() => navigator.serviceWorker.controller);
      await net.down();
      for (const voucher of vouchers.slice(0, 23)) await scan(visit, voucher);
      await visit.kill();

      visit = await starting();
      await visit.open();
      await visit.page.locator('[data-part=waiting][data-count="23"]').waitFor();
      await visit.enter(vouchers[3].credential);
      await visit.kind('bad');
      assert.match(await visit.answer(), /Уже принят на этом устройстве/);
      await visit.dismiss();
      for (const voucher of vouchers.slice(23)) await scan(visit, voucher);
      await visit.page.locator('[data-part=waiting][data-count="46"]').waitFor();
      assert.deepEqual(await visit.page.evaluate(readQueue), { count: 46, names: false });

      await net.up();
      await visit.page.locator('[data-part=waiting][data-count="0"]').waitFor();
      const all = await service.redemptions();
      for (const { voucher_id } of vouchers) {
        assert.equal(all.filter((redemption) => redemption.voucher_id === voucher_id).length, 1);
      }
      await visit.page.locator('[data-part=today-enrolled]', { hasText: '46' }).waitFor();
      assert.deepEqual([visit.violations, visit.strangers, visit.errors], [[], [], []]);
    } finally {
      await visit.close();
      await net.up();
    }
  });

  test('an answer lost on its way: the queue repeats the same redemption, and it counts once', async () => {
    await visiting({}, async (visit) => {
      const voucher = issued.pop();
      await visit.pair();
      await visit.chooseRun(run);
      net.lose = (method, path) => path === '/v1/redemptions' && method === 'POST';
      await visit.enter(voucher.credential);
      await visit.confirm();
      await visit.kind('amber');
      assert.equal(await visit.answer(), 'Принято, не окончательно');
      net.lose = null;
      await visit.page.locator('[data-part=waiting][data-count="0"]').waitFor();
      await visit.page.locator('[data-part=recent] li[data-state=enrolled]').first().waitFor();
      assert.equal(await times(voucher), 1);
    });
  });

  test('a receipt lost on its way: what was sent is sent again and replayed', async () => {
    await visiting({}, async (visit) => {
      const voucher = issued.pop();
      await visit.pair();
      await visit.chooseRun(run);
      await net.down();
      await visit.enter(voucher.credential);
      await visit.confirm();
      await visit.kind('amber');
      net.lose = (_, path) => path.endsWith('/items');
      await net.up();
      await until(() => net.requests.filter(({ path, body }) => path.endsWith('/items') && body.includes(voucher.credential)).length > 1);
      assert.equal(await visit.page.locator('[data-part=waiting]').getAttribute('data-count'), '1', 'no receipt, no leaving');
      net.lose = null;
      await visit.page.locator('[data-part=waiting][data-count="0"]').waitFor();
      assert.equal(await times(voucher), 1);
    });
  });

  test('two tabs fill and empty one queue, without a gap and without a double', async () => {
    await visiting({}, async (visit) => {
      const vouchers = issued.splice(0, 2);
      await visit.pair();
      await visit.chooseRun(run);
      const other = await visit.context.newPage();
      visit.watch(other);
      await visit.open(other);
      await net.down();
      for (const [at, voucher] of vouchers.entries()) {
        const page = at % 2 ? other : visit.page;
        await visit.enter(voucher.credential, page);
        await visit.confirm(page);
        await visit.kind('amber', page);
      }
      await net.up();
      await Promise.all([visit.page, other].map((page) => page.evaluate(() => window.dispatchEvent(new Event('online')))));
      for (const page of [visit.page, other]) await page.locator('[data-part=waiting][data-count="0"]').waitFor();
      for (const voucher of vouchers) assert.equal(await times(voucher), 1);
    });
  });

  test('an undoing follows its item through the queue', async () => {
    await visiting({}, async (visit) => {
      const voucher = issued[0];
      await visit.pair();
      await visit.chooseRun(run);
      await net.down();
      await visit.enter(voucher.credential);
      await visit.confirm();
      await visit.kind('amber');
      await visit.dismiss();
      await visit.page.locator('[data-part=recent] button', { hasText: 'Отменить' }).click();
      await visit.page.locator('[data-part=undo-reason]').fill('Ошибка (пример)');
      await visit.page.locator('[data-part=undo-submit]').click();
      await visit.page.locator('[data-part=waiting][data-count="2"]').waitFor();
      await net.up();
      await visit.page.locator('[data-part=waiting][data-count="0"]').waitFor();
      await visit.page.locator('[data-part=recent] li[data-state=undone]').waitFor();
      const [made] = (await service.redemptions()).filter(({ voucher_id }) => voucher_id === voucher.voucher_id);
      assert.equal(made.status, 'reversed');
    });
  });

  test('a voucher redeemed elsewhere meanwhile is a conflict that staff see', async () => {
    await visiting({}, async (visit) => {
      const voucher = issued.pop();
      await visit.pair();
      await visit.chooseRun(run);
      await net.down();
      await visit.enter(voucher.credential);
      await visit.confirm();
      await visit.kind('amber');
      await visit.dismiss();
      await service.redeemElsewhere(voucher);
      await net.up();
      await visit.page.locator('[data-part=recent] li[data-state=conflict]').waitFor();
      assert.equal(await visit.page.locator('[data-part=waiting]').getAttribute('data-count'), '0');
    });
  });

  for (const [name, hours, kind, title] of [['fresh', 0, 'bad', 'Приостановлен'], ['two days old', 48, 'amber', 'Статус устарел']]) {
    test(`suspended, by a list that is ${name}: ${title}`, async () => {
      const [voucher] = service.vouchers('suspended');
      await visiting({}, async (visit) => {
        await visit.pair();
        await visit.chooseRun(run);
        const known = visit.page.locator('[data-part=known] li', { hasText: /Список статусов от: \d/ });
        await known.waitFor();
        await visit.page.waitForFunction(() => navigator.serviceWorker.controller);
        await net.down();
        await visit.context.addInitScript(setClock, hours * 3600 * 1000);
        await visit.page.reload();
        await known.waitFor();
        await visit.enter(voucher.credential);
        await visit.kind(kind);
        assert.equal(await visit.answer(), title);
        assert.equal(await visit.page.locator('[data-action=accept]').count(), 0);
      });
    });
  }

  test('a device that is not paired accepts nothing offline, and tries the same request again', async () => {
    await visiting({}, async (visit) => {
      const voucher = issued.pop();
      net.lose = (method, path) => path === '/v1/redemptions' && method === 'POST';
      await visit.enter(voucher.credential);
      await visit.confirm();
      await visit.kind('amber');
      assert.equal(await visit.answer(), 'Нет ответа службы');
      net.lose = null;
      await visit.press('again');
      await visit.kind('good');
      assert.equal(await times(voucher), 1);
    });
  });

  test('what a revoked device brings waits for a decision, and the device says so', async () => {
    await visiting({}, async (visit) => {
      const voucher = issued.pop();
      await visit.pair('Потерян');
      await visit.chooseRun(run);
      await net.down();
      await visit.enter(voucher.credential);
      await visit.confirm();
      await visit.kind('amber');
      await visit.dismiss();
      const { items } = await service.get('registrar', '/v1/devices?limit=500');
      const { device_id } = items.find(({ name }) => name === 'Потерян');
      await service.call('registrar', 'POST', `/v1/devices/${device_id}/revoke`, { reason: 'Потерян (пример)' });
      await net.up();
      await visit.page.locator('[data-part=device]', { hasText: 'отозвано' }).waitFor();
      await visit.page.locator('[data-part=recent] li[data-state=conflict]').waitFor();
      assert.equal(await visit.page.locator('[data-part=waiting]').getAttribute('data-count'), '0');
      assert.equal(await times(voucher), 0);
      await net.down();
      await visit.enter(issued[0].credential);
      await visit.kind('amber');
      assert.equal(await visit.page.locator('[data-action=confirm], [data-action=accept]').count(), 0);
    });
  });
});

describe('the page', () => {
  test('a session ended in the middle loses nothing', async () => {
    await visiting({}, async (visit) => {
      const voucher = issued.pop();
      await visit.enter(voucher.credential);
      await visit.kind('ready');
      const other = await visit.context.newPage();
      await other.goto(`${net.origin}/desk`);
      await other.locator('form[action="/sign-out"] button').click();
      await other.waitForURL((url) => url.pathname !== '/desk');
      await visit.page.bringToFront();
      await visit.confirm();
      await visit.kind('amber');
      assert.equal(await visit.answer(), 'Сеанс завершён');
      assert.equal(await visit.page.locator('[data-action=sign-in]').getAttribute('target'), '_blank');
      await visit.signIn('registrar', other);
      await visit.page.bringToFront();
      await visit.press('again');
      await visit.kind('good');
      assert.equal(await times(voucher), 1);
    });
  });

  test('a tab left open over a deploy goes on, and the next page is the new one', async () => {
    await visiting({}, async (visit) => {
      await visit.page.waitForFunction(() => navigator.serviceWorker.controller);
      net.deploy = 'next';
      const other = await visit.context.newPage();
      await visit.open(other);
      await visit.page.locator('[data-part=update]:not([hidden])').waitFor();
      // Where the machine was slow, what was kept came first.
      await visit.open(other);
      assert.match(await other.locator('#desk').getAttribute('data-files'), /\/assets\/next-/);
      assert.equal(await other.locator('[data-part=update]:not([hidden])').count(), 0, 'it is the new one');
      const voucher = issued[0];
      // The old tab fetches its decoder only now; the server has its files no more.
      const png = await service.picture(voucher);
      await visit.page.locator('[data-part=picture]').setInputFiles({ name: 'qr.png', mimeType: 'image/png', buffer: png });
      await visit.kind('ready');
      await visit.cancel();
      await net.down();
      await other.reload();
      await other.locator('#desk[data-ready=true]').waitFor();
      assert.match(await other.locator('#desk').getAttribute('data-files'), /\/assets\/next-/);
    });
  });

  test('a service that is slow for ever: the page that was kept says that there is a new one, which is shown then', async () => {
    await visiting({}, async (visit) => {
      const voucher = issued.pop();
      await visit.pair();
      await visit.chooseRun(run);
      await visit.page.waitForFunction(() => navigator.serviceWorker.controller);
      net.lose = (_, path) => path === '/v1/redemptions' || path.endsWith('/items');
      await visit.enter(voucher.credential);
      await visit.confirm();
      await visit.kind('amber');
      await visit.dismiss();
      const navigations = slowNavigations();
      net.deploy = 'next';
      await visit.page.reload();
      const desk = (files) => visit.page.locator(`#desk[data-ready=true][data-files*="${files}"]`);
      await desk('/assets/').waitFor();
      assert.doesNotMatch(await desk('/assets/').getAttribute('data-files'), /next-/);
      await visit.page.locator('[data-part=update]:not([hidden]) button', { hasText: 'Загрузить новую версию' }).click();
      await desk('/assets/next-').waitFor();
      assert.ok(navigations.held > 1, 'neither page came from the service');
      await visit.page.locator('[data-part=waiting][data-count="1"]').waitFor();
      net.lose = null;
      await visit.page.locator('[data-part=waiting][data-count="0"]').waitFor();
      assert.equal(await times(voucher), 1);
    });
  });

  test('the way to the menu and out; without the service it is said why not, and nothing is lost', async () => {
    await visiting({}, async (visit) => {
      const [menu, out] = [visit.page.locator('[data-part=menu]'), visit.page.locator('[data-part=sign-out] button')];
      const note = (text) => visit.page.locator('[data-part=leave-note]', { hasText: text }).waitFor();
      await visit.page.waitForFunction(() => navigator.serviceWorker.controller);
      await net.down();
      await menu.click();
      await note('другие страницы откроются, когда появится связь');
      await out.click();
      await note('чтобы выйти, нужна связь');
      assert.equal(new URL(visit.page.url()).pathname, '/desk/enrolment');
      await net.up();
      await menu.click();
      await visit.page.waitForURL(`${net.origin}/desk`);
      await visit.open();
      await out.click();
      await visit.page.waitForURL((url) => !url.pathname.startsWith('/desk'));
      assert.equal((await visit.context.cookies()).filter(({ name }) => /session/.test(name)).length, 0);
    });
  });

  test('who is enrolled is found by name and by number, also by another desk just now, and without a network', async () => {
    await visiting({}, async (visit) => {
      const [first, second] = [issued.pop(), issued.pop()];
      const roster = visit.page.locator('[data-part=roster] li');
      const seek = (text) => visit.page.locator('[data-part=search]').fill(text);
      await service.redeemElsewhere(first);
      await visit.page.reload();
      await seek(first.number.toLowerCase());
      await roster.filter({ hasText: first.number }).waitFor();
      assert.equal(await roster.count(), 1);
      const name = await roster.locator('.who').textContent();
      assert.match(name, /^\p{Lu}\p{L}+ \p{Lu}\. \p{Lu}\.$/u, 'whoever enrolled them, they have a name');

      await service.redeemElsewhere(second);
      await seek(second.number);
      await roster.filter({ hasText: second.number }).waitFor();

      await visit.page.waitForFunction(() => navigator.serviceWorker.controller);
      await net.down();
      await visit.page.reload();
      await visit.page.locator('#desk[data-ready=true]').waitFor();
      await seek(name.toUpperCase().replaceAll('Ё', 'Е').replaceAll('.', ''));
      await roster.filter({ hasText: first.number }).waitFor();
      assert.equal(await visit.page.evaluate(isReadable, name.split(' ')[0]), false, 'names are sealed');
    });
  });

  test('of several cameras one is chosen, and remembered; its torch is lit and put out', async () => {
    await visiting({}, async (visit) => {
      // The machine of the test has one camera without a torch: another is named, and what is asked of the browser is noted.
      await visit.context.addInitScript(anotherCamera);
      await visit.page.reload();
      await visit.page.locator('[data-part=camera-toggle]').click();
      await visit.page.locator('#desk[data-camera=on]').waitFor();
      const choice = visit.page.locator('[data-part=camera-choice]');
      await choice.waitFor();
      assert.deepEqual(await choice.locator('option').allTextContents().then((names) => names.slice(1)), ['У окна']);
      await choice.selectOption('another');
      const asked = () => visit.page.evaluate(() => window.asked.at(-1));
      await until(async () => (await asked()) === 'another');
      await visit.page.reload();
      await visit.page.locator('[data-part=camera-toggle]').click();
      await until(async () => (await asked()) === 'another');
      const torch = visit.page.locator('[data-part=torch]');
      for (const lit of [true, false]) {
        await torch.click();
        await visit.page.locator(`[data-part=torch][aria-pressed=${lit}]`).waitFor();
        assert.equal(await asked(), lit);
      }
    });
  });

  test('in English', async () => {
    await visiting({ locale: 'en-US' }, async (visit) => {
      await visit.enter(service.vouchers('voided')[0].credential);
      await visit.kind('bad');
      assert.match(await visit.page.locator('h1').textContent(), /Enrolment desk/);
      assert.match(await visit.answer(), /void/i);
    });
  });

  test('nothing for axe to find, in light and dark, on the desk and in its answers', async () => {
    for (const dark of [false, true]) {
      await visiting({ dark, viewport: { width: 360, height: 740 } }, async (visit) => {
        const width = await visit.page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(width <= 360, `the page is ${width} wide`);
        await visit.inspect();
        await visit.enter(issued[0].credential);
        await visit.kind('ready');
        await visit.inspect();
        await visit.cancel();
        await visit.enter(service.vouchers('voided')[0].credential);
        await visit.kind('bad');
        await visit.inspect();
      });
    }
  });
});

/** From now on no page that a browser goes to gets its answer. */
function slowNavigations() {
  const counted = { held: 0 };
  net.hold = (_, path, headers) => {
    if (path !== '/desk/enrolment' || headers['sec-fetch-mode'] !== 'navigate') return null;
    counted.held += 1;
    return new Promise(() => {});
  };
  return counted;
}
