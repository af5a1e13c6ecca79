/** Operators' credentials. In Node the platform's constant-time comparison is Node's own. */
import { timingSafeEqual } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { authenticateOperator } from '../../src/authn/admin.ts';
import { ADMIN, parseOperators, type OperatorCredential } from '../../src/authn/operators.ts';

const TOKEN = 'an-operators-token-of-32-letters';
const ALICE = 'alices-token-of-32-letters-12345';
const BOB = 'bobs-token-of-more-letters';
const compared = vi.fn((a: ArrayBuffer, b: ArrayBuffer) =>
  timingSafeEqual(new Uint8Array(a), new Uint8Array(b)),
);

beforeAll(() => {
  Object.defineProperty(crypto.subtle, 'timingSafeEqual', { value: compared, configurable: true });
});
afterAll(() => {
  Reflect.deleteProperty(crypto.subtle, 'timingSafeEqual');
});

const operatorsIn = (text: string): readonly OperatorCredential[] => {
  const operators = parseOperators(text);
  if (typeof operators === 'string') throw new Error(operators);
  return operators;
};
const OPERATORS = [{ ...ADMIN, token: TOKEN }, ...operatorsIn(`alice:${ALICE},bob/viewer:${BOB}`)];

const ask = (header?: string) =>
  authenticateOperator(new Headers(header === undefined ? {} : { Authorization: header }), OPERATORS);

describe('Admin tokens', () => {
  test('An admin token opens the admin plane for the operator it belongs to, with the role it was given', async () => {
    expect(await ask(`Bearer ${TOKEN}`)).toEqual({ ok: true, value: { name: 'admin', role: 'owner' } });
    expect(await ask(`Bearer ${ALICE}`)).toEqual({ ok: true, value: { name: 'alice', role: 'owner' } });
    expect(await ask(`Bearer ${BOB}`)).toEqual({ ok: true, value: { name: 'bob', role: 'viewer' } });
  });

  test.each([
    ['another of the same length', `Bearer ${'x'.repeat(TOKEN.length)}`],
    ['its beginning', `Bearer ${TOKEN.slice(0, -1)}`],
    ['it and more', `Bearer ${TOKEN}x`],
    ['it in capitals', `Bearer ${TOKEN.toUpperCase()}`],
    ['it by another scheme', `Basic ${TOKEN}`],
    ['it with a name in front', `Bearer alice:${ALICE}`],
    ['the name of an operator', 'Bearer alice'],
    ['two of them', `Bearer ${TOKEN},${ALICE}`],
    ['a tenant’s token', 'Bearer hgr_eyJhbGciOiJIUzI1NiJ9.e30.x'],
    ['nothing after the scheme', 'Bearer'],
  ])('The admin plane does not open for %s', async (_, header) => {
    expect(await ask(header)).toMatchObject({
      ok: false,
      failure: { code: 'admin_token_invalid', attr: null },
    });
  });

  test('A request without an admin token is told that it is missing', async () => {
    expect(await ask()).toMatchObject({ ok: false, failure: { code: 'admin_token_missing' } });
  });

  test('An admin token is compared with that of every operator, by digests of one length, whichever is the right one', async () => {
    for (const sent of ['x', 'x'.repeat(1000), TOKEN, ALICE, BOB]) {
      compared.mockClear();
      await ask(`Bearer ${sent}`);
      const lengths = compared.mock.calls.map(([a, b]) => [a.byteLength, b.byteLength]);
      expect(lengths).toEqual(OPERATORS.map(() => [32, 32]));
    }
  });
});

describe('ADMIN_TOKENS', () => {
  test('ADMIN_TOKENS names operators, of the role that is said, and owners where none is', () => {
    expect(
      operatorsIn(` alice:${ALICE} , b.o-b@corp.test/operator:${BOB}/==,c/viewer:${'c'.repeat(16)}`),
    ).toEqual([
      { name: 'alice', role: 'owner', token: ALICE },
      { name: 'b.o-b@corp.test', role: 'operator', token: `${BOB}/==` },
      { name: 'c', role: 'viewer', token: 'c'.repeat(16) },
    ]);
  });

  test.each([
    [ALICE, 'entry 1 is not name:token or name/role:token'],
    [`alice:${ALICE},`, 'entry 2 is not name:token or name/role:token'],
    [`Alice:${ALICE}`, 'the name of entry 1 must be 1 to 64 of'],
    [`:${ALICE}`, 'the name of entry 1 must be 1 to 64 of'],
    [`-a:${ALICE}`, 'the name of entry 1 must be 1 to 64 of'],
    [`${'a'.repeat(65)}:${ALICE}`, 'the name of entry 1 must be 1 to 64 of'],
    [`alice/admin:${ALICE}`, 'the role of entry 1 is not one of viewer, operator, owner'],
    [`alice/:${ALICE}`, 'the role of entry 1 is not one of viewer, operator, owner'],
    [`alice:${ALICE},bob:short`, 'the token of entry 2 must have 16 characters or more'],
    [`alice/owner:${ALICE}:more`, 'the token of entry 1 must be made of'],
    [`alice:${ALICE} x`, 'the token of entry 1 must be made of'],
    [`alice:${ALICE},alice/viewer:${BOB}`, 'entry 2 has the name of another'],
    [`alice:${ALICE},bob/viewer:${ALICE}`, 'entry 2 has the token of another'],
    [
      Array.from({ length: 51 }, (_, at) => `o${at}:${'t'.repeat(16)}${at}`).join(','),
      'has more than 50 entries',
    ],
  ])('ADMIN_TOKENS is never %j, and what is said of it holds none of its tokens', (text, says) => {
    const problem = parseOperators(text);
    expect(problem).toContain(says);
    for (const token of [ALICE, BOB]) expect(problem).not.toContain(token);
  });
});
