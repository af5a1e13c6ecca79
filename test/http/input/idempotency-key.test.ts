import { describe, expect, test } from 'vitest';
import { readIdempotencyKey } from '../../../src/http/input/idempotency-key.ts';

const read = (field: string) => readIdempotencyKey(new Headers({ 'idempotency-key': field }));

describe('The header Idempotency-Key', () => {
  test('A request without it has no key', () => {
    expect(readIdempotencyKey(new Headers())).toEqual({ ok: true, value: null });
  });

  test.each([
    ['"8e03978e-40d5-43e8-bc93-6894a57f9324"', '8e03978e-40d5-43e8-bc93-6894a57f9324'],
    ['8e03978e-40d5-43e8-bc93-6894a57f9324', '8e03978e-40d5-43e8-bc93-6894a57f9324'],
    [String.raw`"a \"b\" \\ c"`, String.raw`a "b" \ c`],
    [`"${'k'.repeat(255)}"`, 'k'.repeat(255)],
  ])('The key of %s is %s', (field, key) => {
    expect(read(field)).toEqual({ ok: true, value: key });
  });

  test.each([
    '',
    '""',
    '"open',
    'two words',
    '"a", "b"',
    'a, b',
    '"ü"',
    '"a\\b"',
    '"a";q=1',
    `"${'k'.repeat(256)}"`,
  ])('The header %j is no key', (field) => {
    expect(read(field)).toMatchObject({
      ok: false,
      failure: { code: 'parameter_invalid', attr: 'Idempotency-Key' },
    });
  });
});
