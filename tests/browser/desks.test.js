/** The pages of every role, and the ways that lead over several of them, in a real Chromium. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Between } from './between.js';
import { Service, until } from './service.js';
import { Visit } from './visit.js';

const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 360, height: 740 };
const PHONE = { width: 390, height: 844 };
let service;
let net;
let issued;

before(async () => {
  service = await Service.start();
  net = await Between.to(service);
  issued = service.vouchers();
});

after(async () => {
  await Visit.end();
  await net?.stop();
  await service?.stop();
});

/** Each of the browsers opened within is closed, and none was shown a stranger, an error or a breach of policy. */
async function browsing(act) {
  const visits = [];
  const opening = async (how = {}) => {
    const visit = await Visit.start({ origin: net.origin, service, ...how });
    visits.push(visit);
    return visit;
  };
  try {
    await act(opening);
    for (const { violations, strangers, errors } of visits) assert.deepEqual([violations, strangers, errors], [[], [], []]);
  } finally {
    await Promise.all(visits.map((visit) => visit.close()));
    await net.up();
  }
}

/** What is wrong with a page, by its look in both widths. */
async function faults(visit, path) {
  const found = [];
  await visit.page.goto(`${net.origin}${path}`);
  if (path.startsWith('/desk/enrolment')) await visit.page.locator('#desk[data-ready=true]').waitFor();
  for (const size of [WIDE, NARROW]) {
    await visit.page.setViewportSize(size);
    const width = await visit.page.evaluate(() => document.documentElement.scrollWidth);
    if (width > size.width) found.push(`${path} at ${size.width}: the page is ${width} wide`);
    const violations = await visit.violationsOfAxe();
    found.push(...violations.map((violation) => `${path} at ${size.width}: ${violation}`));
  }
  return found;
}

/** A number of this serial with its check digits. */
function snils(serial) {
  const digits = String(serial);
  const sum = [...digits].reduce((all, digit, at) => all + digit * (9 - at), 0);
  return digits + String((sum % 101) % 100).padStart(2, '0');
}

async function speak(visit, language) {
  await visit.page.goto(`${net.origin}/desk`);
  const button = visit.page.locator(`button[name=language][value=${language}]`);
  if (await button.count()) await button.click();
  await visit.page.locator(`html[lang=${language}]`).waitFor({ state: 'attached' });
}

describe('every page, in both languages, wide and narrow', { concurrency: 2 }, () => {
  for (const locale of ['ru-RU', 'en-US']) {
    test(`before anybody has signed in, ${locale}`, async () => {
      await browsing(async (opening) => {
        const visit = await opening({ locale });
        const found = [];
        for (const path of ['/', '/sign-in', '/pass', '/set-up']) found.push(...(await faults(visit, path)));
        assert.deepEqual(found, []);
        assert.equal(await visit.page.locator('html').getAttribute('lang'), locale.slice(0, 2));
      });
    });
  }

  for (const role of ['registrar', 'agency', 'programme', 'teaching', 'treasury', 'auditor', 'admin']) {
    test(`of ${role}`, { timeout: 300_000 }, async () => {
      await browsing(async (opening) => {
        const visit = await opening();
        await visit.signIn(role);
        const found = [];
        for (const language of ['ru', 'en']) {
          await speak(visit, language);
          const menu = await visit.page.locator('nav .menu a').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
          assert.ok(menu.length > 1, 'a role has pages');
          const further = role === 'agency' ? ['/desk/requests/new'] : [];
          for (const path of ['/desk', '/desk/me', ...menu, ...further]) found.push(...(await faults(visit, path)));
          for (const [what, id] of [['requests', 'request_id'], ['vouchers', 'voucher_id']]) {
            if (!menu.includes(`/desk/${what}`)) continue;
            const { items } = await service.get(role, `/v1/${what}?programme_id=${service.demo.programme_id}&limit=1`);
            found.push(...(await faults(visit, `/desk/${what}/${items[0][id]}`)));
          }
        }
        assert.deepEqual(found, []);
      });
    });
  }
});

describe('from page to page', () => {
  test('a phone is prepared by a code, works without a network, and what it collides with is decided', { timeout: 180_000 }, async () => {
    await browsing(async (opening) => {
      const [own, taken] = [issued.pop(), issued.pop()];
      const [desk, phone, office] = [await opening(), await opening({ viewport: PHONE }), await opening()];

      await desk.signIn('registrar');
      await desk.page.goto(`${net.origin}/desk/devices`);
      await desk.page.locator('form[action="/desk/devices/pairings"] button').click();
      await phone.page.goto(await desk.shownCode());
      await phone.page.locator('form[action="/pass"] button').click();
      await phone.page.locator('#desk[data-ready=true]').waitFor();
      assert.equal(new URL(phone.page.url()).pathname, '/desk/enrolment');
      await phone.page.locator('[data-part=device-name]').fill('Телефон у входа');
      await phone.page.locator('[data-part=pairing] button').click();
      await phone.page.locator('[data-part=device]', { hasText: 'Телефон у входа' }).waitFor();
      await phone.chooseRun(service.run);
      await phone.page.waitForFunction(() => navigator.serviceWorker.controller);

      await net.down();
      await phone.page.reload();
      await phone.page.locator('#desk[data-ready=true]').waitFor();
      for (const { credential } of [own, taken]) {
        await phone.enter(credential);
        await phone.confirm();
        await phone.kind('amber');
      }
      await phone.page.locator('[data-part=waiting][data-count="2"]').waitFor();
      await phone.dismiss();
      await service.redeemElsewhere(taken);
      await net.up();
      await phone.page.locator('[data-part=waiting][data-count="0"]').waitFor();
      await phone.page.locator('[data-part=recent] li[data-state=enrolled]').waitFor();
      await phone.page.locator('[data-part=recent] li[data-state=conflict]').waitFor();

      await desk.page.goto(`${net.origin}/desk/devices`);
      const row = desk.page.locator('tr', { hasText: 'Телефон у входа' });
      assert.equal(await row.locator('td').nth(3).textContent(), '2', 'both items came');

      await office.signIn('programme');
      await office.page.goto(`${net.origin}/desk/conflicts`);
      const conflict = office.page.locator('section.card', { hasText: taken.number });
      await conflict.locator('input[name=reason]').fill('Зачислен у другого стола (пример)');
      await office.inspect();
      await conflict.locator('button[value=dismiss]').click();
      await office.page.waitForURL(`${net.origin}/desk/conflicts`);
      await conflict.waitFor({ state: 'detached' });
      await office.page.goto(`${net.origin}/desk/conflicts?show=all`);
      await office.page.locator('section.card', { hasText: 'Зачислен у другого стола (пример)' }).waitFor();
    });
  });

  test('a list is dropped, its columns corrected, its rows checked in place and sent', { timeout: 180_000 }, async () => {
    await browsing(async (opening) => {
      const visit = await opening();
      const { page } = visit;
      const programme = `/v1/programmes/${service.demo.programme_id}`;
      const [{ agency_id, seats }] = (await service.get('agency', `${programme}/quotas`)).items;
      await service.call('programme', 'PUT', `${programme}/quotas`, { quotas: [{ agency_id, seats: seats + 5 }] });
      await visit.signIn('agency');
      await page.goto(`${net.origin}/desk/requests/new`);
      const list = `Кто;СНИЛС;Что делает\nПримерова Анна;${snils(987_654_001)};консультант\nПримеров Иван;112-233-445 96;водитель\n`;
      await page.evaluate((text) => {
        const files = new DataTransfer();
        files.items.add(new File([text], 'список.csv', { type: 'text/csv' }));
        for (const type of ['dragover', 'drop']) {
          document.body.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: files }));
        }
      }, list);
      await page.locator('[data-chosen]', { hasText: 'список.csv' }).waitFor();
      await page.locator('form[data-upload] button').click();
      await page.locator('.notice.warn').waitFor();
      await page.locator('#column-A').selectOption('full_name');
      await page.locator('#column-C').selectOption('position');
      await page.locator('select[name=category]').selectOption('state_civil_servant');
      await page.locator('[data-rows] tbody tr').nth(1).waitFor();
      assert.match(await page.locator('[data-rows] tbody tr').first().textContent(), /Ячейка B3: «112-233-445 96»/);
      assert.equal(await page.locator('#column-A').inputValue(), 'full_name', 'nothing chosen is lost');
      await visit.inspect();
      await page.locator('button[formaction="/desk/requests/new/send"]').click();
      await page.waitForURL(/\/desk\/requests\/[0-9a-f-]{36}$/);
      await page.locator('td', { hasText: 'Примерова Анна' }).waitFor();
    });
  });

  test('a phone that is revoked on the page accepts nothing more', async () => {
    await browsing(async (opening) => {
      const visit = await opening();
      await visit.signIn('registrar');
      await visit.pair('Потерян');
      await visit.page.goto(`${net.origin}/desk/devices`);
      const row = visit.page.locator('tr', { hasText: 'Потерян' });
      await row.locator('summary').click();
      await row.locator('input[name=reason]').fill('Потерян (пример)');
      await row.locator('button').click();
      await row.locator('.badge.bad').waitFor();
    });
  });

  test('the holder’s page shows the code, and where the certificate stands after enrolment', async () => {
    await browsing(async (opening) => {
      const voucher = issued.pop();
      const { link } = await service.get('programme', `/v1/vouchers/${voucher.voucher_id}/link`);
      const holder = await opening({ viewport: PHONE });
      assert.deepEqual(await faults(holder, link), []);
      await until(() => holder.page.locator('.qr img').evaluate(({ complete, naturalWidth }) => complete && naturalWidth > 0));
      assert.equal(await holder.shownCode(), voucher.credential);
      await service.redeemElsewhere(voucher);
      await holder.page.reload();
      assert.equal(await holder.page.locator('.qr').count(), 0, 'a code that is spent is not shown');
      await holder.page.locator('.badge', { hasText: /погашен|зачислен/i }).waitFor();
      assert.deepEqual(await faults(holder, link), []);
    });
  });

  test('the holder’s page opens without a network, with the code as it was and since when; then it tells the new state', async () => {
    await browsing(async (opening) => {
      const voucher = issued.pop();
      const { link } = await service.get('programme', `/v1/vouchers/${voucher.voucher_id}/link`);
      const holder = await opening({ viewport: PHONE });
      const { page } = holder;
      await page.goto(`${net.origin}${link}`);
      await page.locator('[data-part=kept-hint]').waitFor();
      assert.equal(await page.locator('.kept').isVisible(), false);
      assert.deepEqual(await page.evaluate(() => caches.keys()), [`holder ${link}`], 'this page is kept and no other');

      await net.down();
      await page.reload();
      await page.locator('.kept', { hasText: /^Без связи: состояние на \d+ \p{L}+ \d{4}\sг\., \d\d:\d\d\./u }).waitFor();
      assert.equal(await holder.shownCode(), voucher.credential);
      assert.equal(await page.locator('a:visible:not(.skip), button:visible').count(), 0, 'nothing that leads nowhere');
      await holder.inspect();

      await service.redeemElsewhere(voucher);
      await net.up();
      await page.reload();
      await page.locator('.badge', { hasText: /погашен|зачислен/i }).waitFor();
      assert.equal(await page.locator('.kept').isVisible(), false);
      await until(() => page.evaluate((link) => caches.match(`${link}/qr.svg`).then((kept) => !kept), link));
      await net.down();
      await page.reload();
      await page.locator('.kept').waitFor();
      await page.locator('.badge', { hasText: /погашен|зачислен/i }).waitFor();
      assert.equal(await page.locator('.qr').count(), 0, 'a code that is spent is not shown');
    });
  });

  test('the holder’s page needs no script', async () => {
    await browsing(async (opening) => {
      const { link } = await service.get('programme', `/v1/vouchers/${issued[0].voucher_id}/link`);
      const holder = await opening({ viewport: PHONE, script: false });
      await holder.page.goto(`${net.origin}${link}`);
      assert.equal(await holder.shownCode(), issued[0].credential);
      assert.deepEqual(
        [await holder.page.locator('.as-of').isVisible(), await holder.page.locator('.kept, [data-part=kept-hint]').locator('visible=true').count()],
        [true, 0],
      );
    });
  });
});
