/** Which refused requests are kept as the last ones. */
import { describe, expect, test } from 'vitest';
import { TokenId } from '../../../src/core/ids.ts';
import { LIMITS } from '../../../src/core/limits.ts';
import { lastRefused, type RefusedRequest } from '../../../src/core/usage/refused-request.ts';

const TOKEN = TokenId.parse(`tok_${'a'.repeat(22)}`);

/** Refused at the second of this number. */
const refused = (second: number, code = 'scope_missing'): RefusedRequest => ({
  refused_at: new Date(1_795_000_000_000 + 1000 * second).toISOString(),
  token: TOKEN,
  request_id: `req_${second}`,
  method: 'GET',
  route: 'persons_list',
  code,
  attr: null,
  missing_scopes: null,
  origin: null,
  limit: null,
});

const idsOf = (requests: readonly RefusedRequest[]): string[] => requests.map(({ request_id: id }) => id);

describe('The last refused requests', () => {
  test('The last refused requests stand newest first, in whatever order they came', () => {
    expect(idsOf(lastRefused([refused(2), refused(1), refused(3)]))).toEqual(['req_3', 'req_2', 'req_1']);
  });

  test('Requests of the same time stay in the order in which they are given', () => {
    const same = [refused(1), { ...refused(1), request_id: 'req_again' }];
    expect(idsOf(lastRefused(same))).toEqual(['req_1', 'req_again']);
  });

  test('The last refused requests are so many at most, and the oldest go first', () => {
    const many = Array.from({ length: 300 }, (_, second) => refused(second, `code_${second % 30}`));
    const kept = lastRefused(many);
    expect(kept).toHaveLength(LIMITS.lastRefusedMax);
    expect(kept[0]?.request_id).toBe('req_299');
    expect(kept.at(-1)?.request_id).toBe(`req_${300 - LIMITS.lastRefusedMax}`);
  });

  test('A flood of one code does not push the others out', () => {
    const flood = Array.from({ length: 500 }, (_, second) => refused(100 + second, 'rate_limited'));
    const kept = lastRefused([...flood, refused(1), refused(2, 'property_hidden')]);
    expect(kept.filter(({ code }) => code === 'rate_limited')).toHaveLength(LIMITS.lastRefusedOfCodeMax);
    expect(kept.slice(-2).map(({ code }) => code)).toEqual(['property_hidden', 'scope_missing']);
  });
});
