/** Tokens: what comes back of one that was signed here, and why every other is refused. */
import { base64url, SignJWT, type JWTHeaderParameters, type JWTPayload } from 'jose';
import { describe, expect, test } from 'vitest';
import { parseKeyring, type Keyring } from '../../src/authn/keyring.ts';
import { tokenIssuer, type Principal } from '../../src/authn/token.ts';
import { Actor, ProjectId, RegistrationId, TenantId, TokenId } from '../../src/core/ids.ts';
import { parseJson } from '../../src/core/json.ts';

const ringOf = (text: string): Keyring => {
  const ring = parseKeyring(text);
  if (typeof ring === 'string') throw new Error(ring);
  return ring;
};
const K1 = `k1:${'1'.repeat(32)}`;
const K2 = `k2:${'2'.repeat(32)}`;
const RING = ringOf(K1);
const ISSUER = 'hedgerow';
const issuer = tokenIssuer(RING, ISSUER);

const NOW = 1_795_000_000;
const id = (char: string) => TokenId.parse(`tok_${char.repeat(22)}`);
const principal: Principal = {
  tenant: TenantId.parse('acme'),
  registration: RegistrationId.parse(`reg_${'r'.repeat(22)}`),
  token: id('a'),
  projectId: ProjectId.parse(7),
  scopes: ['person:read', 'cohort:read'],
  narrowing: { rate: { requests_per_minute: 5, burst: 2 }, deletes: { persons_per_day: 3 } },
  actor: Actor.parse('Zoë <zoe@acme.test>'),
  ancestors: [
    { id: id('b'), narrowing: {} },
    {
      id: id('c'),
      narrowing: { slice: { property: 'tenant_id', value: ['a', 'b'] }, origins: ['https://x.test'] },
    },
  ],
  issuedAtSeconds: NOW,
  notBeforeSeconds: NOW + 10,
  expiresAtSeconds: NOW + 100,
};

const reason = async (token: string, seconds = NOW + 50, by = issuer) => {
  const result = await by.verify(token, seconds * 1000);
  return result.ok ? 'taken' : result.failure.code;
};

const VALID: JWTPayload = {
  iss: ISSUER,
  aud: ISSUER,
  sub: 'acme',
  jti: id('a'),
  iat: NOW,
  exp: NOW + 100,
  scope: 'person:read',
  project_id: 7,
  by: {},
  chain: [],
};
const HEADER: JWTHeaderParameters = { alg: 'HS256', typ: 'at+jwt', kid: 'k1' };

/** A token as ours, but for what is said here, signed with the key of ours unless another is given. */
async function forged(claims: JWTPayload, header: object = {}, key = RING[0].bytes): Promise<string> {
  const token = new SignJWT({ ...VALID, ...claims }).setProtectedHeader({ ...HEADER, ...header });
  return `hgr_${await token.sign(key)}`;
}

const without = async (name: string) => {
  const { [name]: _, ...claims } = VALID;
  return `hgr_${await new SignJWT(claims).setProtectedHeader(HEADER).sign(RING[0].bytes)}`;
};

describe('Tokens of this gateway', () => {
  test('A token comes back as the principal it was made for', async () => {
    expect(await issuer.verify(await issuer.sign(principal), (NOW + 50) * 1000)).toEqual({
      ok: true,
      value: principal,
    });
  });

  test('A token comes back without a start or scopes where it had none', async () => {
    const plain = { ...principal, notBeforeSeconds: null, scopes: [], narrowing: {}, ancestors: [] };
    expect(await issuer.verify(await issuer.sign(plain), NOW * 1000)).toEqual({ ok: true, value: plain });
  });

  test('A token of an issuer that knew no registrations comes back without one', async () => {
    const result = await issuer.verify(await forged({}), NOW * 1000);
    expect(result).toMatchObject({ ok: true, value: { registration: null } });
  });

  test('A token whose registration has not the form of one is malformed', async () => {
    for (const reg of ['', 'reg_1', 7, null])
      expect(await reason(await forged({ reg }))).toBe('token_malformed');
  });

  test("A token's header says what it is, and nothing of the key", async () => {
    const token = await issuer.sign(principal);
    expect(token).toMatch(/^hgr_[\w-]+\.[\w-]+\.[\w-]+$/);
    const header = new TextDecoder().decode(base64url.decode(token.slice(4).split('.')[0] ?? ''));
    expect(parseJson(header)).toEqual({ alg: 'HS256', typ: 'at+jwt', kid: 'k1' });
  });

  test.each([
    [NOW + 9, 'token_not_yet_valid'],
    [NOW + 9.999, 'token_not_yet_valid'],
    [NOW + 10, 'taken'],
    [NOW + 99.999, 'taken'],
    [NOW + 100, 'token_expired'],
    [NOW + 1e6, 'token_expired'],
  ])('A token at second %d is judged as: %s', async (seconds, expected) => {
    expect(await reason(await issuer.sign(principal), seconds)).toBe(expected);
  });
});

describe('Tokens with a bad signature', () => {
  test.each([
    ['by another key under the same kid', {}, ringOf(K2)[0].bytes],
    ['by a kid that no key can have', { kid: 'k 9' }, RING[0].bytes],
    ['by a kid that is no text', { kid: ['k1'] }, RING[0].bytes],
    ['by an unknown kid and of another type', { kid: 'k9', typ: 'JWT' }, RING[0].bytes],
    ['by an unknown kid and another algorithm', { kid: 'k9', alg: 'HS512' }, new Uint8Array(64)],
    ['without a kid', { kid: undefined }, RING[0].bytes],
    ['without a type', { typ: undefined }, RING[0].bytes],
    ['of another type', { typ: 'JWT' }, RING[0].bytes],
  ])('A token %s is refused as not signed here', async (_, header, key) => {
    expect(await reason(await forged({}, header, key))).toBe('token_signature_invalid');
  });

  test('A token of a longer algorithm of the same family is refused, though the key would fit', async () => {
    const key = new Uint8Array(64).fill(1);
    const ring: Keyring = [{ kid: 'k1', bytes: key }];
    const token = await forged({}, { alg: 'HS512' }, key);
    expect(await reason(token, NOW, tokenIssuer(ring, ISSUER))).toBe('token_signature_invalid');
  });

  test.each(['none', 'None', 'RS256', 'ES256', 'HS512', 'EdDSA', ''])(
    'A token whose header says the algorithm is %j is refused, whatever its signature',
    async (alg) => {
      const [, payload, signature = ''] = (await forged({})).slice(4).split('.');
      const header = base64url.encode(JSON.stringify({ ...HEADER, alg }));
      for (const end of ['', signature]) {
        expect(await reason(`hgr_${header}.${payload}.${end}`)).toMatch(
          /^token_(?:signature_invalid|malformed)$/,
        );
      }
    },
  );

  test.each([
    ['another issuer', { iss: 'other' }],
    ['another audience', { aud: 'other' }],
    ['an issuer that is a list', { iss: [ISSUER] as never }],
  ])('A token of %s is refused, though signed with our key', async (_, claims) => {
    expect(await reason(await forged(claims))).toBe('token_signature_invalid');
  });

  test('A token of another gateway with the same keys is refused', async () => {
    expect(await reason(await tokenIssuer(RING, 'elsewhere').sign(principal))).toBe(
      'token_signature_invalid',
    );
  });

  test('A token is refused when any claim was changed after signing', async () => {
    const [header, payload = '', signature] = (await issuer.sign(principal)).slice(4).split('.');
    const claims = parseJson(new TextDecoder().decode(base64url.decode(payload))) as Record<string, unknown>;
    const changes = { ...Object.fromEntries(Object.keys(claims).map((name) => [name, 'x'])), exp: NOW + 1e9 };
    expect(Object.keys(changes)).toHaveLength(13);
    for (const [name, value] of Object.entries(changes)) {
      const changed = base64url.encode(JSON.stringify({ ...claims, [name]: value }));
      expect(await reason(`hgr_${header}.${changed}.${signature}`), name).toBe('token_signature_invalid');
    }
  });

  test('A token is refused when its signature was cut, lengthened or changed in its first character', async () => {
    const token = await issuer.sign(principal);
    const dot = token.lastIndexOf('.') + 1;
    const flipped = token.slice(0, dot) + (token[dot] === 'A' ? 'B' : 'A') + token.slice(dot + 1);
    for (const odd of [token.slice(0, dot), token.slice(0, -4), `${token}AAAA`, flipped]) {
      expect(await reason(odd)).toBe('token_signature_invalid');
    }
  });
});

describe('Malformed tokens', () => {
  test.each([
    ['', 'nothing'],
    ['hgr_', 'a prefix alone'],
    ['hgr_a.b', 'two parts'],
    ['hgr_a.b.c.d.e', 'five parts, as if encrypted'],
    ['hgr_a.b.c', 'three parts of nothing'],
    ['phx_0123456789', 'a key of PostHog'],
    ['eyJhbGciOiJIUzI1NiJ9.e30.x', 'a token without our prefix'],
    ['HGR_a.b.c', 'a prefix in capitals'],
  ])('A token is malformed where it is %j: %s', async (token) => {
    expect(await reason(token)).toBe('token_malformed');
  });

  test('A very long text is a malformed token', async () => {
    expect(await reason(`hgr_${'x'.repeat(100_000)}`)).toBe('token_malformed');
  });

  test.each<[string, JWTPayload]>([
    ['an unknown scope', { scope: 'person:read everything' }],
    ['scopes that are a list', { scope: ['person:read'] }],
    ['two spaces between scopes', { scope: 'person:read  cohort:read' }],
    ['a tenant no operator could register', { sub: '../admin' }],
    ['an id of another kind', { jti: 'del_aaaaaaaaaaaaaaaaaaaaaa' }],
    ['a project that is text', { project_id: '7' }],
    ['a project of 0', { project_id: 0 }],
    ['a narrowing it does not know', { by: { everything: true } }],
    ['a narrowing that is null', { by: null }],
    ['no chain', { chain: undefined }],
    ['a chain of four', { chain: Array.from({ length: 4 }, () => ({ id: id('b'), by: {} })) }],
    ['a link with a member too many', { chain: [{ id: id('b'), by: {}, admin: true }] }],
    ['a fraction of a second', { exp: NOW + 99.5 }],
  ])('A token with %s is malformed, though signed by us', async (_, claims) => {
    expect(await reason(await forged(claims))).toBe('token_malformed');
  });

  test.each(['iss', 'aud', 'sub', 'jti', 'iat', 'exp', 'scope', 'project_id', 'by', 'chain'])(
    'A token without the claim %s is refused',
    async (name) => {
      expect(await reason(await without(name))).toMatch(/^token_(?:signature_invalid|malformed)$/);
    },
  );

  test('A token with an unknown claim is accepted, because a newer gateway may have issued it', async () => {
    expect(await reason(await forged({ future: { any: 'thing' } }))).toBe('taken');
  });

  test('A refusal of a token never repeats the token', async () => {
    for (const token of ['secret-1', 'hgr_secret-2.secret-3.secret-4', await forged({ sub: 'SECRET' })]) {
      const result = await issuer.verify(token, NOW * 1000);
      expect(JSON.stringify(result)).not.toMatch(/secret/i);
    }
  });
});

describe('Key rotation', () => {
  test('A new key in front signs new tokens, and old tokens are still accepted', async () => {
    const old = await issuer.sign(principal);
    const both = tokenIssuer(ringOf(`${K2},${K1}`), ISSUER);
    expect(await reason(old, NOW + 50, both)).toBe('taken');
    const anew = await both.sign(principal);
    expect(await reason(anew, NOW + 50, both)).toBe('taken');
    expect(await reason(anew, NOW + 50, tokenIssuer(ringOf(K2), ISSUER))).toBe('taken');
    expect(await reason(anew)).toBe('token_key_retired');
  });

  test('A token whose key left the ring is told so, and to ask for a new token', async () => {
    const old = await issuer.sign(principal);
    const later = tokenIssuer(ringOf(K2), ISSUER);
    expect(await later.verify(old, (NOW + 50) * 1000)).toMatchObject({
      ok: false,
      failure: {
        code: 'token_key_retired',
        detail: 'The key this token was signed with is no longer in use here. Ask for a new token.',
      },
    });
  });

  test('A token with an unknown key id gets the same answer whatever it says, and no key id of the ring', async () => {
    const answers = new Set<string>();
    for (const claims of [{}, { exp: 1 }, { sub: 'other' }, { iss: 'other' }, { scope: 'odd' }]) {
      for (const kid of ['k9', '__proto__', 'constructor']) {
        for (const key of [RING[0].bytes, ringOf(K2)[0].bytes]) {
          answers.add(JSON.stringify(await issuer.verify(await forged(claims, { kid }, key), NOW * 1000)));
        }
      }
    }
    expect([...answers]).toEqual([expect.stringContaining('token_key_retired')]);
    expect([...answers].join('')).not.toMatch(/k1|k9/);
  });
});
