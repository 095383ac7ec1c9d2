import assert from 'node:assert/strict';
import { test } from 'node:test';
import { size } from '../upload.js';

test('a size is written as its language does', () => {
  const plain = (text) => text.replaceAll(/\s/g, ' ');
  assert.equal(plain(size(500, 'ru')), '500 Б');
  assert.equal(plain(size(20_480, 'ru')), '20 кБ');
  assert.equal(plain(size(1_258_291, 'ru')), '1,2 МБ');
  assert.equal(plain(size(1_258_291, 'en')), '1.2 MB');
});
