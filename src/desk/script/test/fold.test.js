import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folded } from '../fold.js';

test('case, ё and dots do not matter', () => {
  assert.equal(folded('  Ёлкина А.П. '), 'елкина а п');
  assert.equal(folded('PSK20-0001234-5'), 'psk20-0001234-5');
  assert.equal(folded(' . '), '');
});
