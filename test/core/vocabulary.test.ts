/** The words everything else is made of: ids, scopes, failures, JSON. */
import { describe, expect, test } from 'vitest';
import { failure, FAILURES, failureUntil } from '../../src/core/failure.ts';
import { DeletionId, PersonRef, PersonUuid, ProjectId, TenantId, TokenId } from '../../src/core/ids.ts';
import { isJsonObject, parseJson } from '../../src/core/json.ts';
import { err, ok } from '../../src/core/result.ts';
import { PERSON_WRITE, SCOPE_TEXTS, ScopeList, ScopeName } from '../../src/core/scopes.ts';

const UUID = '0190c0de-0000-7000-8000-00000000000a';

describe('Tenant ids', () => {
  test.each(['a', '7', 'acme', 'acme-2', 'a--b', 'x'.repeat(63)])('A tenant id may be %s', (name) => {
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
  ])('A tenant id is never %j', (name) => {
    expect(TenantId.safeParse(name).success).toBe(false);
  });
});

describe('Token and deletion ids', () => {
  const text = 'aB3_-'.padEnd(22, 'x');

  test.each([
    ['tok_', TokenId],
    ['del_', DeletionId],
  ])('An id has the prefix %s and 22 characters after it', (prefix, schema) => {
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

describe('Project ids', () => {
  test.each([1, 2_147_483_647])('A project id may be %d', (id) => {
    expect(ProjectId.parse(id)).toBe(id);
  });
  test.each([0, -1, 1.5, 2_147_483_648, Number.NaN, '1', null])('A project id is never %j', (id) => {
    expect(ProjectId.safeParse(id).success).toBe(false);
  });
});

describe('Person references', () => {
  test('A person UUID is written in lower case, however it came', () => {
    expect(PersonUuid.parse(UUID.toUpperCase())).toBe(UUID);
    expect(PersonRef.parse(UUID.toUpperCase())).toBe(UUID);
  });

  test.each(['1', '123456789012345'])('A person may be named by its number %s', (text) => {
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
  ])('A person is never named by %j', (text) => {
    expect(PersonRef.safeParse(text).success).toBe(false);
    expect(PersonUuid.safeParse(text).success).toBe(false);
  });
});

describe('Scopes', () => {
  test('Every scope has a text, and every text has a scope', () => {
    expect(Object.keys(SCOPE_TEXTS).toSorted()).toEqual(ScopeName.options.toSorted());
  });

  test("All scopes can be named at once, and PostHog's write scope counts as its parts", () => {
    expect(ScopeList.parse([...ScopeName.options, PERSON_WRITE])).toEqual(ScopeName.options);
  });

  test.each(['*', 'person:*', 'person', 'PERSON:READ', 'person:write:all', ''])(
    'A scope is never %j',
    (name) => {
      expect(ScopeList.safeParse([name]).success).toBe(false);
    },
  );
});

describe('Failures', () => {
  test('A failure says what was wrong and where, and when to come back only where that is known', () => {
    expect(failure('not_configured', 'x')).toEqual({ code: 'not_configured', detail: 'x', attr: null });
    expect(failure('field_invalid', 'x', 'ids')).toEqual({ code: 'field_invalid', detail: 'x', attr: 'ids' });
    expect(failureUntil('rate_limited', 'x', 5)).toEqual({
      code: 'rate_limited',
      detail: 'x',
      attr: null,
      retryAfterSeconds: 5,
    });
  });

  test('Every failure has a status that fits its type', () => {
    for (const [code, { status, type }] of Object.entries(FAILURES)) {
      if (type === 'authentication_error') expect([401, 403], code).toContain(status);
      if (type === 'validation_error') expect(status, code).toBe(400);
      if (type === 'throttled_error') expect([429, 503], code).toContain(status);
      if (type === 'server_error') expect(status, code).toBeGreaterThanOrEqual(500);
      if (type === 'invalid_request') expect(status, code).toBeLessThan(500);
    }
  });

  test('A result is a value or a failure', () => {
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
  ])('The text %s is read as JSON', (text, value) => {
    expect(parseJson(text)).toEqual(value);
  });
  test.each(['', ' ', 'undefined', '{', "{'a':1}", '01', 'NaN'])(
    'The text %j is not JSON, which is different from null',
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
  ])('The check for a JSON object answers for %j: %s', (value, expected) => {
    expect(isJsonObject(value)).toBe(expected);
  });
});
