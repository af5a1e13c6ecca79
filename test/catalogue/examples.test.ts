/** The documentation's examples are arguments and answers that hold. */
import { describe, expect, test } from 'vitest';
import { DOCUMENTATION } from '../../src/catalogue/documentation.ts';
import { CATALOGUE } from '../../src/catalogue/index.ts';
import { documentedReply, REPLY_SCHEMAS } from '../../src/catalogue/reply-schemas.ts';
import { ask, exampleOf } from '../support/catalogue/operations.ts';

const everyMethod = CATALOGUE.flatMap((operation) =>
  operation.methods.map((method) => [method, operation.id, operation] as const),
);

describe('Examples', () => {
  test.each(everyMethod)('The example of %s %s is accepted as it stands', (method, id, operation) => {
    const call = ask(id, exampleOf(operation, method));
    expect(call.ok ? 'accepted' : call.failure).toBe('accepted');
  });

  test.each(Object.entries(REPLY_SCHEMAS))(
    'The example answer "%s" fits its schema',
    (_, { schema, example }) => {
      expect(schema.safeParse(example).error?.issues ?? []).toEqual([]);
    },
  );

  test('The reply schemas are those that operations of the catalogue name', () => {
    const named = CATALOGUE.flatMap(({ reply }) => reply.schema ?? []);
    expect(new Set(named)).toEqual(new Set(Object.keys(REPLY_SCHEMAS)));
  });

  test('The documentation texts are those of the operations of the catalogue, and none is empty', () => {
    expect(new Set(Object.keys(DOCUMENTATION))).toEqual(new Set(CATALOGUE.map(({ id }) => id)));
    for (const [id, { summary, description }] of Object.entries(DOCUMENTATION)) {
      expect(summary, id).toMatch(/^[A-Z].{8,}[^.]$/);
      expect(description, id).toMatch(/\.$/);
    }
  });
});

/** What three generations of PostHog answer (PostHog contract §5, §7, §8). */
const person = {
  id: 5,
  uuid: '0190c0de-0000-7000-8000-000000000001',
  name: null,
  distinct_ids: [],
  properties: { nested: { list: [1, null] } },
  created_at: null,
};
const row = { ...person, id: person.uuid, type: 'person' };

const fits = (id: string, value: unknown): boolean =>
  documentedReply(CATALOGUE.find((operation) => operation.id === id)?.reply.schema ?? null)?.schema.safeParse(
    value,
  ).success === true;

describe('Reply schemas', () => {
  test.each([
    ['persons_values', 'generation A, a bare list', [{ name: 'pro', count: 3 }]],
    ['persons_values', 'generation B', { results: [{ name: 'pro' }], refreshing: true }],
    [
      'persons_bulk_delete',
      'generation B',
      {
        persons_found: 1,
        persons_deleted: 1,
        events_queued_for_deletion: true,
        recordings_queued_for_deletion: false,
        deletion_errors: [{ person_uuid: person.uuid }],
      },
    ],
    [
      'persons_bulk_delete',
      'generation C, which queues',
      {
        persons_found: 2,
        persons_queued_for_deletion: 2,
        persons_deleted: 0,
        events_queued_for_deletion: true,
        deletion_errors: [],
      },
    ],
    ['persons_list', 'an empty page with a next', { results: [], next: 'https://x.test/', previous: null }],
    ['persons_list', 'a page that was counted', { results: [row], next: null, previous: null, count: 1 }],
    ['persons_list', 'a row with a numeric id', { results: [person], next: null, previous: null }],
    ['persons_retrieve', 'a person with a member nobody knows yet', { ...person, is_robot: false }],
    ['persons_lifecycle', 'actors without initial', { results: [{ people: [row], count: 1 }], next: null }],
    ['persons_cohorts', 'a cohort without a count', { results: [{ id: 1, name: null }] }],
    ['persons_batch_by_uuids', 'nobody found', { results: {} }],
  ])('The reply schema of %s takes %s', (id, _, value) => {
    expect(fits(id, value)).toBe(true);
  });

  test.each([
    ['persons_list', 'rows that are no list', { results: {}, next: null, previous: null }],
    ['persons_retrieve', 'a person without a UUID', { ...person, uuid: undefined }],
    ['persons_bulk_delete', 'a count that is text', { persons_found: '1' }],
  ])('The reply schema of %s does not take %s', (id, _, value) => {
    expect(fits(id, value)).toBe(false);
  });
});
