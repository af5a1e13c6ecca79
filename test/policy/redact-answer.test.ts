/** What goes out of an answer under a grant: which redaction is for which answer, and what of an envelope is known. */
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import {
  countsOfSlice,
  redactorOf,
  showsEnvelopeMember,
  showsWhole,
} from '../../src/policy/redact-answer.ts';
import { wholeGrant } from '../support/policy/grants.ts';

const WHOLE = wholeGrant();
const SLICED = wholeGrant({ slices: [{ property: 'tenant_id', values: ['acme'] }] });
const HIDING = wholeGrant({ hidden: ['ssn'] });
const ADA: JsonObject = {
  id: 1,
  uuid: 'u',
  name: 'Ada',
  distinct_ids: ['ada'],
  properties: { tenant_id: 'acme', ssn: '1' },
  created_at: null,
};
const EVE: JsonObject = { ...ADA, properties: { tenant_id: 'bolt' } };

test('Only a grant without a slice and without property rules shows the whole project', () => {
  expect([WHOLE, SLICED, HIDING].map((grant) => showsWhole(grant))).toEqual([true, false, false]);
});

describe.each(['persons', 'person', 'person_map', 'past_person'] as const)('A person in %s', (contains) => {
  test('A person in the slice goes out as it came, and one outside does not go out', () => {
    const redact = redactorOf(contains, SLICED);
    expect(redact(ADA)).toBe(ADA);
    expect(redact(EVE)).toBeNull();
    expect(redact({ ...ADA, properties: null })).toBeNull();
  });

  test('A person goes out without what is hidden', () => {
    expect(JSON.stringify(redactorOf(contains, HIDING)(ADA))).not.toContain('ssn');
  });

  test('A person goes out under a slice without unknown members that hold lists or objects', () => {
    const row = { ...ADA, merged: [EVE], household: { of: 'bolt' }, score: 5, note: null };
    expect(redactorOf(contains, SLICED)(row)).toEqual({ ...ADA, score: 5, note: null });
  });
});

test('Only known members of an envelope go out, under a slice without the missing persons', () => {
  const known = ['count', 'total_count', 'is_cached', 'last_refresh', 'missing_persons'];
  expect(known.filter((name) => showsEnvelopeMember(name, HIDING))).toEqual(known);
  expect(known.filter((name) => showsEnvelopeMember(name, SLICED))).toEqual(known.slice(0, -1));
  expect(
    ['types', 'hogql', 'timings', '__proto__'].filter((name) => showsEnvelopeMember(name, HIDING)),
  ).toEqual([]);
});

test('A count of persons is held against the rows under a slice, and is as PostHog says without one', () => {
  expect([...countsOfSlice('persons', SLICED)]).toEqual(['count']);
  expect([...countsOfSlice('persons', HIDING), ...countsOfSlice('activity', SLICED)]).toEqual([]);
});
