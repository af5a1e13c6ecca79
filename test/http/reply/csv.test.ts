/** Tables of the gateway's own records. */
import { expect, test } from 'vitest';
import { csvOf } from '../../../src/http/reply/csv.ts';

test('A table of records has the columns it is given, in their order, whatever the rows hold', () => {
  expect(csvOf([{ b: 2, a: 1, c: 3 }, { a: null }], ['a', 'b', 'x'])).toBe('a,b,x\r\n1,2,\r\n,,\r\n');
  expect(csvOf([], ['a', 'b'])).toBe('a,b\r\n');
});

test('A dotted column of a table is a member of a member, and empty where there is none', () => {
  const rows = [{ outcome: { status: 202, errors: [] } }, { outcome: null }, {}];
  expect(csvOf(rows, ['outcome.status', 'outcome.errors'])).toBe(
    'outcome.status,outcome.errors\r\n202,[]\r\n,\r\n,\r\n',
  );
});
