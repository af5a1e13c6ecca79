/** What a link asks again is what was asked: by whichever method, and whatever the values look like. */
import { describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../src/catalogue/index.ts';
import { exampleOf, forwarded, type Asked } from '../support/catalogue/operations.ts';

const pagedCases = CATALOGUE.filter(({ reply }) => reply.paging !== null).map(
  (operation) => [operation.id, operation] as const,
);

/** The same call, made again from the parameters a link would have. */
const again = (id: string, asked: Asked) => {
  const first = forwarded(id, asked);
  return { first, second: forwarded(id, { method: 'GET', query: Object.fromEntries(first.asked) }) };
};

describe('Arguments repeated by links', () => {
  test.each(pagedCases)('The repeated arguments of %s mean the same as what was asked', (id, operation) => {
    for (const method of operation.methods) {
      const { first, second } = again(id, exampleOf(operation, method));
      expect(second.asked).toEqual(first.asked);
      expect(second.window).toEqual(first.window);
      if (method === 'GET') expect(second.query).toEqual(first.query);
    }
  });

  test.each(['plan', 'true', 'null', '5', '[1]', '{"a":1}', '"quoted"', '{', '12345678901234567890', ' '])(
    'The repeated arguments hold a text %s from a body as that text',
    (breakdown) => {
      const { first, second } = again('persons_funnel', { method: 'POST', body: { breakdown } });
      expect(first.body).toEqual({ breakdown, limit: 100 });
      expect(second.query).toContainEqual(['breakdown', breakdown]);
      expect(second.asked).toEqual(first.asked);
    },
  );
});
