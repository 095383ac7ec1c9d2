import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { parse } from '@fluent/syntax';
import { Words } from '../words.js';

const here = (path) => new URL(path, import.meta.url);
const source = (language) => readFile(here(`../../words/scan.${language}.ftl`), 'utf8');

async function messages(language) {
  const { body } = parse(await source(language), {});
  assert.deepEqual(body.filter(({ type }) => type === 'Junk'), []);
  const entries = body.filter(({ type }) => type === 'Message');
  return new Map(entries.map(({ id, attributes }) => [id.name, attributes.map((attribute) => attribute.id.name).join()]));
}

test('both languages say the same things', async () => {
  assert.deepEqual(await messages('ru').then((all) => [...all].sort()), await messages('en').then((all) => [...all].sort()));
});

test('every word that page and scripts name is there', async () => {
  const scripts = (await readdir(here('..'))).filter((name) => name.endsWith('.js'));
  const files = ['../../pages/enrolment.html', ...scripts.map((name) => `../${name}`)];
  const all = await messages('ru');
  for (const file of files) {
    const text = await readFile(here(file), 'utf8');
    const named = [...text.matchAll(/(?:say\(|word: |words(?:-label)?=|tell\(|button\(|group\()["']?(?:[\w.]+ \? )?['"](scan-[a-z-]+[a-z])['"]/g)];
    for (const [, id] of named) assert.ok(all.has(id), `${file}: ${id}`);
  }
});

test('every refusal and every doubt of the device has its words and a next step', async () => {
  const all = await messages('en');
  const text = await readFile(here('../credential.js'), 'utf8');
  const refusals = [...text.matchAll(/(?:new Refused|refused)\('([a-z_]+)'/g)].map(([, code]) => `scan-refused-${code}`);
  const doubts = [...text.matchAll(/cannotTell\('([a-z_]+)'/g)].map(([, code]) => `scan-cannot-tell-${code}`);
  assert.ok(refusals.length > 5 && doubts.length > 3);
  for (const id of [...refusals, ...doubts]) assert.equal(all.get(id.replaceAll('_', '-')), 'next', id);
});

test('Russian plurals', async () => {
  const words = new Words('ru', await source('ru'));
  const seats = (count) => words.say('scan-seats', { seats: count, all: 25 });
  assert.equal(seats(1), 'Свободно 1 место из 25');
  assert.equal(seats(3), 'Свободно 3 места из 25');
  assert.equal(seats(11), 'Свободно 11 мест из 25');
  assert.equal(seats(0), 'Мест нет (всего 25)');
  assert.equal(words.say('scan-hours', { hours: 72 }), '72 часа');
});

test('the last day is told, not the instant after it', async () => {
  const words = new Words('ru', await source('ru'));
  const expires_at = Date.parse('2021-01-01T00:00:00+03:00');
  assert.match(words.say('scan-refused-expired', { expires_at }, 'next'), /31 декабря 2020/);
});
