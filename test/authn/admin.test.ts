/** The operator's credential. In Node the platform's constant-time comparison is Node's own. */
import { timingSafeEqual } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { checkAdmin } from '../../src/authn/admin.ts';

const TOKEN = 'an-operators-token-of-32-letters';
const compared = vi.fn((a: ArrayBuffer, b: ArrayBuffer) =>
  timingSafeEqual(new Uint8Array(a), new Uint8Array(b)),
);

beforeAll(() => {
  Object.defineProperty(crypto.subtle, 'timingSafeEqual', { value: compared, configurable: true });
});
afterAll(() => {
  Reflect.deleteProperty(crypto.subtle, 'timingSafeEqual');
});

const refused = (header?: string) =>
  checkAdmin(new Headers(header === undefined ? {} : { Authorization: header }), TOKEN);

describe('The admin token', () => {
  test('The admin token opens the admin plane', async () => {
    expect(await refused(`Bearer ${TOKEN}`)).toBeNull();
  });

  test.each([
    ['another of the same length', `Bearer ${'x'.repeat(TOKEN.length)}`],
    ['its beginning', `Bearer ${TOKEN.slice(0, -1)}`],
    ['it and more', `Bearer ${TOKEN}x`],
    ['it in capitals', `Bearer ${TOKEN.toUpperCase()}`],
    ['it by another scheme', `Basic ${TOKEN}`],
    ['a tenant’s token', 'Bearer hgr_eyJhbGciOiJIUzI1NiJ9.e30.x'],
    ['nothing after the scheme', 'Bearer'],
  ])('The admin plane does not open for %s', async (_, header) => {
    expect(await refused(header)).toMatchObject({ code: 'admin_token_invalid', attr: null });
  });

  test('A request without an admin token is told that it is missing', async () => {
    expect(await refused()).toMatchObject({ code: 'admin_token_missing' });
  });

  test('The admin token is compared by digests of one length, so that neither length nor beginning shows', async () => {
    compared.mockClear();
    await refused('Bearer x');
    await refused(`Bearer ${'x'.repeat(1000)}`);
    expect(compared.mock.calls.map(([a, b]) => [a.byteLength, b.byteLength])).toEqual([
      [32, 32],
      [32, 32],
    ]);
  });
});
