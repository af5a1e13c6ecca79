import { expect, test } from 'vitest';
import { mayHaveWorked } from '../../src/upstream/evidence.ts';

test('Only a fixed list of statuses says that a request was not carried out; all others leave it open', () => {
  const all = Array.from({ length: 500 }, (_, n) => n + 100);
  expect(all.filter((status) => !mayHaveWorked(status))).toEqual([
    301, 302, 307, 308, 400, 401, 402, 403, 404, 405, 406, 410, 411, 413, 414, 415, 422, 429, 431, 451,
  ]);
  expect(mayHaveWorked(null)).toBe(true);
});
