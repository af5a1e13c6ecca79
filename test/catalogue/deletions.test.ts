/** What erases: exactly whom, exactly what along, and what PostHog is sent for it, this time and every time again. */
import { describe, expect, test } from 'vitest';
import { deletionMessage, type DeletingOperation } from '../../src/catalogue/deletion.ts';
import { GENERATIONS } from '../../src/catalogue/generation.ts';
import { checkIgnoredFlags } from '../../src/catalogue/generation-lacks.ts';
import { deletion, OTHER_UUID, PROJECT, refusal, UUID } from '../support/catalogue/operations.ts';

const OFF = { delete_events: false, delete_recordings: false, keep_person: false };
const FLAGS = ['delete_events', 'delete_recordings', 'keep_person'] as const;
const uuids = (count: number) =>
  Array.from({ length: count }, (_, i) => `0190c0de-0000-7000-8000-${String(i).padStart(12, '0')}`);

describe('bulk_delete', () => {
  test('A bulk delete takes UUIDs and writes them in lower case', () => {
    expect(deletion('persons_bulk_delete', { body: { ids: [UUID.toUpperCase(), OTHER_UUID] } })).toEqual({
      operation: 'persons_bulk_delete',
      projectId: PROJECT,
      target: { kind: 'uuids', ids: [UUID, OTHER_UUID] },
      flags: OFF,
    });
  });

  test('A bulk delete takes distinct ids, byte for byte', () => {
    const ids = ['Ada', ' ada ', 'ADA', '🦔', '123'];
    expect(deletion('persons_bulk_delete', { body: { distinct_ids: ids } }).target).toEqual({
      kind: 'distinct_ids',
      ids,
    });
  });

  test('A bulk delete takes its lists and flags as JSON in the query, as the documentation of PostHog has them', () => {
    const query = { ids: JSON.stringify([UUID]), delete_events: 'true', keep_person: 'false' };
    expect(deletion('persons_bulk_delete', { query })).toMatchObject({
      target: { kind: 'uuids', ids: [UUID] },
      flags: { ...OFF, delete_events: true },
    });
  });

  test('A bulk delete takes 1000 of either kind of id, and loses none', () => {
    expect(deletion('persons_bulk_delete', { body: { ids: uuids(1000) } }).target.ids).toEqual(uuids(1000));
    expect(deletion('persons_bulk_delete', { body: { distinct_ids: uuids(1000) } }).target.ids).toHaveLength(
      1000,
    );
  });

  test('A bulk delete keeps duplicates: the log shows what was asked, and PostHog counts them too', () => {
    const { target } = deletion('persons_bulk_delete', { body: { ids: [UUID, UUID] } });
    expect(target.ids).toEqual([UUID, UUID]);
    const repeated = [...uuids(1000), uuids(1)[0] ?? ''];
    expect(refusal('persons_bulk_delete', { body: { ids: repeated } }).attr).toBe('ids');
  });

  test.each([
    ['both lists', { body: { ids: [UUID], distinct_ids: ['a'] } }, 'input_conflict', 'distinct_ids'],
    [
      'one list in the query and the other in the body',
      { query: { ids: JSON.stringify([UUID]) }, body: { distinct_ids: ['a'] } },
      'input_conflict',
      'distinct_ids',
    ],
    ['neither list', { body: {} }, 'field_invalid', 'ids'],
    ['no body at all', {}, 'field_invalid', 'ids'],
    ['flags alone', { body: { delete_events: true } }, 'field_invalid', 'ids'],
    ['an empty list', { body: { ids: [] } }, 'field_invalid', 'ids'],
    ['two empty lists', { body: { ids: [], distinct_ids: [] } }, 'field_invalid', 'ids'],
    ['two nulls for lists', { body: { ids: null, distinct_ids: null } }, 'field_invalid', 'ids'],
    ['an empty list in the query', { query: { ids: '[]' } }, 'field_invalid', 'ids'],
    ['1001 UUIDs', { body: { ids: uuids(1001) } }, 'field_invalid', 'ids'],
    ['1001 distinct ids', { body: { distinct_ids: uuids(1001) } }, 'field_invalid', 'distinct_ids'],
    ['a number for a UUID', { body: { ids: [UUID, '123'] } }, 'field_invalid', 'ids[1]'],
    ['a distinct id among UUIDs', { body: { ids: ['ada@acme.test'] } }, 'field_invalid', 'ids[0]'],
    ['a UUID in braces', { body: { ids: [`{${UUID}}`] } }, 'field_invalid', 'ids[0]'],
    ['an empty distinct id', { body: { distinct_ids: ['a', ''] } }, 'field_invalid', 'distinct_ids[1]'],
    ['a NUL in a distinct id', { body: { distinct_ids: ['a\u0000'] } }, 'field_invalid', 'distinct_ids[0]'],
    ['half a character', { body: { distinct_ids: ['\ud83e'] } }, 'field_invalid', 'distinct_ids[0]'],
    ['text for a list', { body: { ids: UUID } }, 'field_invalid', 'ids'],
    ['a list without brackets in the query', { query: { ids: UUID } }, 'parameter_invalid', 'ids'],
    ['the documented `properties` body', { body: { properties: {} } }, 'field_unknown', 'properties'],
  ])('A bulk delete is refused with %s', (_, asked, code, attr) => {
    expect(refusal('persons_bulk_delete', asked)).toMatchObject({ code, attr });
  });
});

describe('Deleting one person', () => {
  test.each([
    ['persons_destroy', OFF],
    ['persons_delete_events', { ...OFF, delete_events: true, keep_person: true }],
    ['persons_delete_recordings', { ...OFF, delete_recordings: true, keep_person: true }],
  ])('A delete by %s names the person of the path', (id, flags) => {
    for (const person of ['123', UUID]) {
      expect(deletion(id, { person })).toEqual({
        operation: id,
        projectId: PROJECT,
        target: { kind: 'person', ids: [person] },
        flags,
      });
    }
  });

  test.each(FLAGS)('A delete takes %s=false for no, unlike PostHog', (name) => {
    expect(deletion('persons_destroy', { query: { [name]: 'false' } }).flags).toEqual(OFF);
    expect(deletion('persons_destroy', { query: { [name]: 'true' } }).flags).toEqual({
      ...OFF,
      [name]: true,
    });
  });

  test('A delete takes no flags where the operation is one', () => {
    for (const id of ['persons_delete_events', 'persons_delete_recordings']) {
      expect(refusal(id, { body: { keep_person: false } }).code).toBe('field_unknown');
      expect(refusal(id, { query: { delete_events: 'true' } }).code).toBe('parameter_unknown');
    }
  });
});

const sent = (operation: DeletingOperation, target: object, flags: typeof OFF) =>
  deletionMessage({ operation, projectId: PROJECT, target, flags } as Parameters<typeof deletionMessage>[0]);

describe('The message to PostHog', () => {
  const on = { delete_events: true, delete_recordings: true, keep_person: true };
  const onePerson = { kind: 'person', ids: [UUID] } as const;

  test('The message of a bulk delete has the list that was given, and only flags that are on', () => {
    const message = { method: 'POST', segments: ['bulk_delete'], query: [] };
    const ids = [UUID];
    expect(sent('persons_bulk_delete', { kind: 'uuids', ids }, OFF)).toEqual({ ...message, body: { ids } });
    expect(sent('persons_bulk_delete', { kind: 'distinct_ids', ids: ['a'] }, on)).toEqual({
      ...message,
      body: { distinct_ids: ['a'], ...on },
    });
  });

  test.each(FLAGS)(
    'The message of a single delete names %s only where it is on, because its presence means yes',
    (name) => {
      const message = { method: 'DELETE', segments: [UUID], body: null };
      expect(sent('persons_destroy', onePerson, OFF)).toEqual({ ...message, query: [] });
      expect(sent('persons_destroy', onePerson, { ...OFF, [name]: true })).toEqual({
        ...message,
        query: [[name, 'true']],
      });
    },
  );

  test.each([
    ['persons_delete_events', 'delete_events'],
    ['persons_delete_recordings', 'delete_recordings'],
  ] as const)('The message of %s is its path and nothing else', (operation, segment) => {
    expect(sent(operation, onePerson, on)).toEqual({
      method: 'POST',
      segments: [UUID, segment],
      query: [],
      body: null,
    });
  });
});

describe('Ignored flags', () => {
  test.each([
    ['A', 'persons_bulk_delete', 'keep_person', true],
    ['A', 'persons_bulk_delete', 'delete_recordings', true],
    ['A', 'persons_bulk_delete', 'delete_events', false],
    ['A', 'persons_destroy', 'keep_person', true],
    ['A', 'persons_destroy', 'delete_recordings', false],
    ['B', 'persons_bulk_delete', 'keep_person', false],
    ['C', 'persons_destroy', 'keep_person', false],
  ] as const)(
    'Generation %s is asked for %s with %s, and the flag is refused as ignored: %s',
    (generation, operation, flag, refused) => {
      const target = { kind: 'person', ids: [deletion('persons_destroy').target.ids[0]] } as never;
      const asked = { operation, projectId: PROJECT, target, flags: { ...OFF, [flag]: true } };
      const failure = checkIgnoredFlags(asked, generation);
      expect(failure === null ? null : [failure.code, failure.attr]).toEqual(
        refused ? ['generation_lacks', flag] : null,
      );
    },
  );

  test('A flag is not ignored where the operation itself keeps the person', () => {
    for (const generation of GENERATIONS) {
      expect(checkIgnoredFlags(deletion('persons_delete_events'), generation)).toBeNull();
      expect(checkIgnoredFlags(deletion('persons_delete_recordings'), generation)).toBeNull();
    }
  });
});
