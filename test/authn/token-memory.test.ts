/** Remembered tokens: verified once, judged at each use as if they were verified anew, and never too many of them. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { parseKeyring, type Keyring } from '../../src/authn/keyring.ts';
import { TokenMemory } from '../../src/authn/token-memory.ts';
import { tokenIssuer, type Principal } from '../../src/authn/token.ts';
import { ProjectId, TenantId, TokenId } from '../../src/core/ids.ts';
import { LIMITS } from '../../src/core/limits.ts';

const ringOf = (text: string): Keyring => {
  const ring = parseKeyring(text);
  if (typeof ring === 'string') throw new Error(ring);
  return ring;
};
const K1 = `k1:${'1'.repeat(32)}`;
const K2 = `k2:${'2'.repeat(32)}`;
const ISSUER = 'hedgerow';
const NOW = 1_795_000_000;

const principalOf = (seconds: Partial<Principal> = {}): Principal => ({
  tenant: TenantId.parse('acme'),
  registration: null,
  token: TokenId.parse(`tok_${'a'.repeat(22)}`),
  projectId: ProjectId.parse(7),
  scopes: ['person:read'],
  narrowing: {},
  actor: null,
  ancestors: [],
  issuedAtSeconds: NOW,
  notBeforeSeconds: NOW + 10,
  expiresAtSeconds: NOW + 100,
  ...seconds,
});

const made = (text = K1, issuer = ISSUER) => tokenIssuer(ringOf(text), issuer);
const codeOf = (result: Awaited<ReturnType<ReturnType<typeof made>['verify']>>) =>
  result.ok ? 'taken' : result.failure.code;

const computed = vi.spyOn(crypto.subtle, 'verify');
afterEach(() => computed.mockClear());

describe('Tokens that were verified before', () => {
  test('A token that was verified comes back as the same principal, and its signature is computed once', async () => {
    const issuer = made();
    const token = await issuer.sign(principalOf());
    const results = [];
    for (const second of [50, 51, 52]) results.push(await issuer.verify(token, (NOW + second) * 1000));
    expect(results).toEqual(Array.from({ length: 3 }, () => ({ ok: true, value: principalOf() })));
    expect(computed).toHaveBeenCalledTimes(1);
  });

  test.each([0, 9, 9.999, 10, 50, 99.999, 100, 1e6])(
    'A token that was verified before is judged at second %d as one that was not',
    async (second) => {
      for (const principal of [principalOf(), principalOf({ notBeforeSeconds: null })]) {
        const issuer = made();
        const token = await issuer.sign(principal);
        expect(codeOf(await issuer.verify(token, (NOW + 50) * 1000))).toBe('taken');
        const again = await issuer.verify(token, (NOW + second) * 1000);
        expect(again).toEqual(await made().verify(token, (NOW + second) * 1000));
      }
    },
  );

  test('A token that expired after it was remembered stays expired', async () => {
    const issuer = made();
    const token = await issuer.sign(principalOf());
    expect(codeOf(await issuer.verify(token, (NOW + 50) * 1000))).toBe('taken');
    for (const second of [100, 101, 102])
      expect(codeOf(await issuer.verify(token, (NOW + second) * 1000))).toBe('token_expired');
  });

  test('A token is remembered by the keys and the issuer that verified it, and by no others', async () => {
    const first = made();
    const token = await first.sign(principalOf());
    const at = (NOW + 50) * 1000;
    expect(codeOf(await first.verify(token, at))).toBe('taken');
    expect(codeOf(await made(K2).verify(token, at))).toBe('token_key_retired');
    expect(codeOf(await made(`k1:${'3'.repeat(32)}`).verify(token, at))).toBe('token_signature_invalid');
    expect(codeOf(await made(K1, 'elsewhere').verify(token, at))).toBe('token_signature_invalid');
  });

  test('A token that differs from a remembered one in any character is verified for itself', async () => {
    const issuer = made();
    const token = await issuer.sign(principalOf());
    const at = (NOW + 50) * 1000;
    expect(codeOf(await issuer.verify(token, at))).toBe('taken');
    const odd = Array.from(
      token,
      (char, i) => token.slice(0, i) + (char === 'A' ? 'B' : 'A') + token.slice(i + 1),
    );
    // The last character of a signature has two bits that mean nothing.
    for (const other of [...odd.slice(0, -1), `${token}A`, token.slice(0, -1), ` ${token}`])
      expect(codeOf(await issuer.verify(other, at))).not.toBe('taken');
    expect(codeOf(await issuer.verify(token, at))).toBe('taken');
  });

  test('A token that was refused is verified anew each time', async () => {
    const issuer = made();
    const early = await issuer.sign(principalOf());
    expect(codeOf(await issuer.verify(early, NOW * 1000))).toBe('token_not_yet_valid');
    expect(codeOf(await issuer.verify(early, NOW * 1000))).toBe('token_not_yet_valid');
    expect(computed).toHaveBeenCalledTimes(2);
    expect(codeOf(await issuer.verify(early, (NOW + 50) * 1000))).toBe('taken');
    expect(computed).toHaveBeenCalledTimes(3);
  });

  test('The signature of a forged token is computed each time it comes', async () => {
    const issuer = made();
    const forged = await made(`k1:${'3'.repeat(32)}`).sign(principalOf());
    for (let i = 0; i < 3; i += 1)
      expect(codeOf(await issuer.verify(forged, (NOW + 50) * 1000))).toBe('token_signature_invalid');
    expect(computed).toHaveBeenCalledTimes(3);
  });
});

describe('The memory of tokens', () => {
  test('The memory holds so many tokens, and lets go of the one that was used longest ago', () => {
    const memory = new TokenMemory<number>();
    for (let i = 0; i < LIMITS.rememberedTokensMax; i += 1) memory.remember(`token ${i}`, i);
    expect(memory.recall('token 0')).toBe(0);
    memory.remember('one more', -1);
    expect(memory.held.tokens).toBe(LIMITS.rememberedTokensMax);
    expect(memory.recall('token 1')).toBe(undefined);
    expect([memory.recall('token 0'), memory.recall('token 2'), memory.recall('one more')]).toEqual([
      0, 2, -1,
    ]);
  });

  test('The memory holds so many bytes of tokens, however long each is', () => {
    const memory = new TokenMemory<number>();
    const fitting = LIMITS.rememberedTokenTextBytesMax / LIMITS.tokenCharsMax;
    for (let i = 0; i < fitting + 5; i += 1)
      memory.remember(String(i).padStart(LIMITS.tokenCharsMax, 'x'), i);
    expect(memory.held).toEqual({ tokens: fitting, textBytes: LIMITS.rememberedTokenTextBytesMax });
    expect(memory.recall('4'.padStart(LIMITS.tokenCharsMax, 'x'))).toBe(undefined);
    expect(memory.recall('5'.padStart(LIMITS.tokenCharsMax, 'x'))).toBe(5);
  });

  test('A token that is remembered twice is counted once, and one that is forgotten no longer', () => {
    const memory = new TokenMemory<number>();
    memory.remember('one', 1);
    memory.remember('one', 2);
    expect([memory.recall('one'), memory.held]).toEqual([2, { tokens: 1, textBytes: 3 }]);
    memory.forget('one');
    memory.forget('one');
    expect([memory.recall('one'), memory.held]).toEqual([undefined, { tokens: 0, textBytes: 0 }]);
  });
});
