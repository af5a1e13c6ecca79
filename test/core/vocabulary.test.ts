/** The words everything else is made of: ids, scopes, failures, JSON. */
import { describe, expect, test } from 'vitest';
import { failure, FAILURES, failureUntil } from '../../src/core/failure.ts';
import { DeletionId, PersonRef, PersonUuid, ProjectId, TenantId, TokenId } from '../../src/core/ids.ts';
import { isJsonObject, parseJson } from '../../src/core/json.ts';
import { err, ok } from '../../src/core/result.ts';
import { PERSON_WRITE, SCOPE_TEXTS, ScopeList, ScopeName } from '../../src/core/scopes.ts';

const UUID = '0190c0de-0000-7000-8000-00000000000a';

describe('a tenant’s name', () => {
  test.each(['a', '7', 'acme', 'acme-2', 'a--b', 'x'.repeat(63)])('may be %s', (name) => {
    expect(TenantId.parse(name)).toBe(name);
  });

  test.each([
    '',
    '-acme',
    'acme-',
    'Acme',
    'a_b',
    'a.b',
    'a/b',
    'ü',
    'acme\n',
    ' acme',
    'x'.repeat(64),
    '..',
  ])('is never %j', (name) => {
    expect(TenantId.safeParse(name).success).toBe(false);
  });
});

describe('an id', () => {
  const text = 'aB3_-'.padEnd(22, 'x');

  test.each([
    ['tok_', TokenId],
    ['del_', DeletionId],
  ])('%s… has 22 characters after its prefix, and no other prefix', (prefix, schema) => {
    expect(schema.parse(prefix + text)).toBe(prefix + text);
    for (const odd of [
      text,
      `req_${text}`,
      `${prefix}${text}x`,
      prefix + text.slice(1),
      `${prefix}${text}\n`,
      `${prefix}${text.slice(1)}=`,
    ]) {
      expect(schema.safeParse(odd).success).toBe(false);
    }
  });
});

describe('a project', () => {
  test.each([1, 2_147_483_647])('may be %d', (id) => {
    expect(ProjectId.parse(id)).toBe(id);
  });
  test.each([0, -1, 1.5, 2_147_483_648, Number.NaN, '1', null])('is never %j', (id) => {
    expect(ProjectId.safeParse(id).success).toBe(false);
  });
});

describe('a person', () => {
  test('is a UUID in lower case, however it was written', () => {
    expect(PersonUuid.parse(UUID.toUpperCase())).toBe(UUID);
    expect(PersonRef.parse(UUID.toUpperCase())).toBe(UUID);
  });

  test.each(['1', '123456789012345'])('is a number in plain digits: %s', (text) => {
    expect(PersonRef.parse(text)).toBe(text);
  });

  test.each([
    '0',
    '01',
    '-1',
    '1.0',
    '1e3',
    '1234567890123456',
    '٣',
    'ada',
    `{${UUID}}`,
    UUID.replaceAll('-', ''),
    `${UUID} `,
    '',
  ])('is never %j', (text) => {
    expect(PersonRef.safeParse(text).success).toBe(false);
    expect(PersonUuid.safeParse(text).success).toBe(false);
  });
});

describe('scopes', () => {
  test('each have a text, and no text is of none', () => {
    expect(Object.keys(SCOPE_TEXTS).toSorted()).toEqual(ScopeName.options.toSorted());
  });

  test('may all be named at once, the one of PostHog beside its parts', () => {
    expect(ScopeList.parse([...ScopeName.options, PERSON_WRITE])).toEqual(ScopeName.options);
  });

  test.each(['*', 'person:*', 'person', 'PERSON:READ', 'person:write:all', ''])('are never %j', (name) => {
    expect(ScopeList.safeParse([name]).success).toBe(false);
  });
});

describe('a failure', () => {
  test('says what and where, and when to come back only where that is known', () => {
    expect(failure('not_configured', 'x')).toEqual({ code: 'not_configured', detail: 'x', attr: null });
    expect(failure('field_invalid', 'x', 'ids')).toEqual({ code: 'field_invalid', detail: 'x', attr: 'ids' });
    expect(failureUntil('rate_limited', 'x', 5)).toEqual({
      code: 'rate_limited',
      detail: 'x',
      attr: null,
      retryAfterSeconds: 5,
    });
  });

  test('has a kind with a status that fits its type', () => {
    for (const [code, { status, type }] of Object.entries(FAILURES)) {
      if (type === 'authentication_error') expect([401, 403], code).toContain(status);
      if (type === 'validation_error') expect(status, code).toBe(400);
      if (type === 'throttled_error') expect([429, 503], code).toContain(status);
      if (type === 'server_error') expect(status, code).toBeGreaterThanOrEqual(500);
      if (type === 'invalid_request') expect(status, code).toBeLessThan(500);
    }
  });

  test('or a value is what a result is', () => {
    expect(ok(1)).toEqual({ ok: true, value: 1 });
    expect(err('why')).toEqual({ ok: false, failure: 'why' });
  });
});

describe('JSON', () => {
  test.each([
    ['null', null],
    ['0', 0],
    ['""', ''],
    ['[]', []],
    ['{}', {}],
  ])('%s is read', (text, value) => {
    expect(parseJson(text)).toEqual(value);
  });
  test.each(['', ' ', 'undefined', '{', "{'a':1}", '01', 'NaN'])(
    '%j is none, which is another thing than null',
    (text) => {
      expect(parseJson(text)).toBeUndefined();
    },
  );
  test.each([
    [{}, true],
    [{ a: 1 }, true],
    [[], false],
    [null, false],
    ['{}', false],
    [undefined, false],
  ])('%j is an object: %s', (value, expected) => {
    expect(isJsonObject(value)).toBe(expected);
  });
});
