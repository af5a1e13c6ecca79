/** Cloudflare Access: who is let in by its assertion, with keys that are fetched over a real socket. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose';
import { afterAll, expect, test } from 'vitest';
import { readConfig } from '../../src/console/config.ts';
import { gatewayThat, startConsole, TOKENS } from '../support/console.ts';

const { privateKey, publicKey } = await generateKeyPair('RS256');
const stranger = await generateKeyPair('RS256');
const KID = 'team-key-1';
const jwk = { ...(await exportJWK(publicKey)), kid: KID, alg: 'RS256', use: 'sig' };

let asked = 0;
const team = createServer((request, response) => {
  asked += 1;
  const isCerts = request.url === '/cdn-cgi/access/certs';
  response.writeHead(isCerts ? 200 : 404, { 'content-type': 'application/json' });
  response.end(isCerts ? JSON.stringify({ keys: [jwk] }) : '{}');
});
await new Promise<void>((resolve) => {
  team.listen(0, '127.0.0.1', resolve);
});
afterAll(() => team.close());
const TEAM = `http://127.0.0.1:${(team.address() as AddressInfo).port}`;
const AUDIENCE = 'a3f1c0ffee';

const { browser, changes, admin } = await startConsole({
  bindings: {
    ACCESS_TEAM: TEAM,
    ACCESS_AUDIENCE: AUDIENCE,
    ACCESS_OPERATORS: 'Olga@Example.com=olga, victor@example.com=victor, ghost@example.com=ghost',
  },
});
await admin('PUT', '/admin/v1/tenants/acme', { name: 'Acme', project_id: 1, scopes: ['person:read'] });

const CLAIMS = { iss: TEAM, aud: [AUDIENCE], email: 'olga@example.com', exp: 4_000_000_000 };

const assert = (claims: JWTPayload = {}, key: CryptoKey = privateKey, kid = KID): Promise<string> =>
  new SignJWT({ ...CLAIMS, ...claims }).setProtectedHeader({ alg: 'RS256', kid }).setIssuedAt().sign(key);

const get = async (assertion: string | null, path = '/') =>
  browser(null).get(path, assertion === null ? {} : { 'Cf-Access-Jwt-Assertion': assertion });

test('An operator whom Access has let in is signed in by its address, in whichever case, with its own role', async () => {
  const page = await get(await assert({ email: 'OLGA@example.com' }));
  expect(page.status).toBe(200);
  expect(page.text).toMatch(/<bdi>olga<\/bdi><span class="muted">operator<\/span>/);
  expect(page.text).not.toContain('Sign out');
  expect(page.headers['set-cookie']).toBeUndefined();
});

test('A change under an assertion stands in the audit log under the name of its operator', async () => {
  const headers = { 'Cf-Access-Jwt-Assertion': await assert() };
  const answer = await browser(null).post('/tenants/acme/standing', { to: 'suspend' }, headers);
  expect(answer.status).toBe(303);
  expect((await changes())[0]).toMatchObject({
    operator: 'olga',
    action: 'admin_suspend_tenant',
    outcome: 'made',
  });
  const refused = await browser(null).post(
    '/tenants/acme/standing',
    { to: 'resume' },
    { 'Cf-Access-Jwt-Assertion': await assert({ email: 'victor@example.com' }) },
  );
  expect(refused.status).toBe(403);
  const elsewhere = { ...headers, origin: 'https://evil.example' };
  expect((await browser(null).post('/tenants/acme/standing', { to: 'resume' }, elsewhere)).status).toBe(403);
});

test('An assertion of another application, team, key or time, or without an address, lets nobody in', async () => {
  const bad = {
    'no assertion': null,
    'another audience': await assert({ aud: ['another'] }),
    'another team': await assert({ iss: 'https://other.cloudflareaccess.com' }),
    ended: await assert({ exp: 1_700_000_000 }),
    'another key': await assert({}, stranger.privateKey),
    'a key that the team does not have': await assert({}, stranger.privateKey, 'other'),
    'no address': await assert({ email: undefined }),
    'the key of the console': await new SignJWT(CLAIMS)
      .setProtectedHeader({ alg: 'HS256', kid: KID })
      .sign(new TextEncoder().encode(JSON.stringify(jwk))),
    'no token': 'anything',
  };
  for (const [what, assertion] of Object.entries(bad)) {
    const page = await get(assertion);
    expect([page.status, page.headers['location']], what).toEqual([303, '/sign-in?next=%2F&why=access']);
    const said = await get(assertion, '/sign-in?why=access');
    expect([said.status, said.text.includes('Cloudflare Access has not signed this request')], what).toEqual([
      403,
      true,
    ]);
  }
});

test('An address that is no operator, and an operator whom the gateway does not have, are told so', async () => {
  const unknown = await assert({ email: 'eve@example.com' });
  expect((await get(unknown)).headers['location']).toBe('/sign-in?next=%2F&why=stranger');
  expect((await get(unknown, '/sign-in')).text).toContain('ACCESS_OPERATORS');
  const ghost = await assert({ email: 'ghost@example.com' });
  expect((await get(ghost)).headers['location']).toBe('/sign-in?next=%2F&why=credential');
  expect((await get(ghost, '/sign-in')).status).toBe(403);
});

test('An admin token signs nobody in where Access does, and a cookie is not looked at', async () => {
  const answer = await browser(null).post('/sign-in', { token: TOKENS.owner });
  expect([answer.headers['location'], answer.headers['set-cookie']]).toEqual(['/', undefined]);
});

test('The keys of the team are fetched once, and not for every request', () => {
  expect(asked).toBeGreaterThan(0);
  expect(asked).toBeLessThan(5);
});

test.each([
  [{}, 'CONSOLE_SESSION_KEY is missing'],
  [{ CONSOLE_SESSION_KEY: 'short' }, 'CONSOLE_SESSION_KEY must have 32 characters or more'],
  [{ ACCESS_TEAM: TEAM }, 'ACCESS_AUDIENCE is missing, and ACCESS_TEAM is set'],
  [
    { ACCESS_TEAM: 'http://team.example', ACCESS_AUDIENCE: 'a', ACCESS_OPERATORS: 'a@b=c' },
    'ACCESS_TEAM must be a URL like https://example.cloudflareaccess.com, without a path',
  ],
  [
    { ACCESS_TEAM: 'https://team.example/x', ACCESS_AUDIENCE: 'a', ACCESS_OPERATORS: 'a@b=c' },
    'ACCESS_TEAM must be a URL like https://example.cloudflareaccess.com, without a path',
  ],
  [
    { ACCESS_TEAM: 'https://team.example', ACCESS_AUDIENCE: 'a', ACCESS_OPERATORS: 'a@b=c,alice' },
    'ACCESS_OPERATORS has entry 2 that is not mail=operator',
  ],
  [
    { ACCESS_TEAM: 'https://team.example', ACCESS_AUDIENCE: 'a', ACCESS_OPERATORS: 'a@b=c,A@b=d' },
    'ACCESS_OPERATORS has entry 2 with the address of another',
  ],
])('The configuration %j is refused with a sentence', (values, problem) => {
  const nowhere = gatewayThat(() => Promise.reject(new Error('asked')));
  const read = readConfig({ GATEWAY: nowhere, ASSETS: nowhere, ...values });
  expect(read).toMatchObject({ ok: false });
  if (!read.ok) expect(read.problems[0]).toBe(problem);
});
