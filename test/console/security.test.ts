/** What nobody can do with the console: change anything by a link, from elsewhere, without a session, or above a role. */
import { describe, expect, test } from 'vitest';
import { SignJWT } from 'jose';
import { consoleOf } from '../../src/console/app.tsx';
import { PAGES } from '../../src/console/pages/index.ts';
import { SESSION_COOKIE } from '../../src/console/identity/session.ts';
import { gatewayThat, cookieOf, SESSION_KEY, startConsole, TOKENS } from '../support/console.ts';
import { clientOf } from '../support/client.ts';

const { origin, gatewayOrigin, browser, signedIn, admin, changes } = await startConsole();

const record = {
  name: 'Acme',
  project_id: 1,
  scopes: ['person:read', 'person:delete'],
  deletes: { approval_over: 1 },
};
await admin('PUT', '/admin/v1/tenants/acme', record);
const minted = await admin('POST', '/admin/v1/tenants/acme/tokens', { name: 'first' });
const { id: tokenId, token } = minted.json as { id: string; token: string };
const held = await clientOf(gatewayOrigin)('POST', '/v1/deletions', {
  token,
  json: { distinct_ids: ['ada@acme.test', 'ben@acme.test'] },
});
const { id: deletionId } = held.json as { id: string };

const idFor = (path: string): string => (path.includes('/deletions/') ? deletionId : tokenId);
const pathFor = (path: string): string => path.replace(':tenant', 'acme').replace(':id', idFor(path));
/** A stream has no end as long as its deletion has none. */
const READS = PAGES.filter(({ method, path }) => method === 'GET' && !path.endsWith('/events')).map(
  ({ path }) => pathFor(path),
);
const CHANGES = PAGES.filter(({ method }) => method === 'POST').map(({ path }) => pathFor(path));

/** Fields that make each change go through, where its sender may make it. */
const FIELDS = {
  tenant: 'bolt',
  name: 'Bolt',
  project_id: '1',
  scopes: 'person:read',
  'rate.requests_per_minute': '60',
  'rate.burst': '10',
  weight: '1',
  'reads.remember_seconds': '0',
  'deletes.persons_per_day': '100',
  'deletes.hold_seconds': '0',
  'own_origins.max': '0',
  etag: '"1"',
  base: JSON.stringify(record),
  record: JSON.stringify({ ...record, name: 'Renamed' }),
  to: 'suspend',
  expires_in: '600',
  reason: 'asked for twice',
};

/** Everything that a change could have touched. */
async function world(): Promise<string> {
  const paths = ['/tenants?removed=true', '/tenants/acme', '/tenants/acme/tokens', '/tenants/acme/deletions'];
  const answers = await Promise.all(paths.map((path) => admin('GET', `/admin/v1${path}`)));
  return answers.map(({ text }) => text).join('\n');
}

const sessionOf = (
  {
    jti = crypto.randomUUID(),
    ...claims
  }: {
    readonly sub: string;
    readonly credential: string;
    readonly exp: number;
    readonly jti?: string | null;
  },
  key: string,
) =>
  new SignJWT({ credential: claims.credential, ...(jti === null ? {} : { jti }) })
    .setProtectedHeader({ alg: 'HS256', typ: 'hedgerow-session' })
    .setSubject(claims.sub)
    .setIssuedAt()
    .setExpirationTime(claims.exp)
    .sign(new TextEncoder().encode(key));
const LATER = 4_000_000_000;

const operatorOf = async (name: keyof typeof TOKENS) =>
  (await clientOf(gatewayOrigin)('GET', '/admin/v1/operator', { token: TOKENS[name] })).json as {
    name: string;
    credential: string;
  };

test('The test of the console knows more than ten pages that read and more than five that change', () => {
  expect(READS.length).toBeGreaterThan(10);
  expect(CHANGES.length).toBeGreaterThan(5);
});

describe('A request that only reads', () => {
  test.each(READS)('The page %s changes nothing, for an owner either', async (path) => {
    const owner = await signedIn('owner');
    const before = await world();
    const known = await changes();
    const { status } = await owner.get(path);
    expect([200, 404]).toContain(status);
    expect(await world()).toBe(before);
    expect(await changes()).toEqual(known);
  });
});

describe('A request of another origin', () => {
  test.each(CHANGES)(
    'The change %s is refused to pages of other origins, and to what names none',
    async (path) => {
      const owner = await signedIn('owner');
      const before = await world();
      for (const headers of [
        { origin: 'https://evil.example' },
        { origin: 'null' },
        { origin: '' },
        { origin: `${origin}.evil.example` },
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
      ]) {
        const answer = await owner.post(path, FIELDS, headers);
        expect(answer.status, JSON.stringify(headers)).toBe(403);
        expect(answer.text).toContain('Nothing was changed');
      }
      expect(await world()).toBe(before);
    },
  );

  test('Nobody is signed in or out by a page of another origin', async () => {
    const visitor = browser(null);
    const signIn = await visitor.post(
      '/sign-in',
      { token: TOKENS.owner },
      { origin: 'https://evil.example' },
    );
    expect([signIn.status, signIn.headers['set-cookie']]).toEqual([403, undefined]);
    const owner = await signedIn('owner');
    const signOut = await owner.post('/sign-out', {}, { origin: 'https://evil.example' });
    expect([signOut.status, signOut.headers['set-cookie']]).toEqual([403, undefined]);
  });
});

describe('A request without a session that holds', () => {
  test('Cookies that were made with another key, have ended, or are of no token are no session', async () => {
    const { name, credential } = await operatorOf('owner');
    const good = await sessionOf({ sub: name, credential, exp: LATER }, SESSION_KEY);
    expect((await browser(`${SESSION_COOKIE}=${good}`).get('/')).status).toBe(200);
    const [head = '', body = '', signature = ''] = good.split('.');
    const unsigned = Buffer.from('{"alg":"none","typ":"hedgerow-session"}').toString('base64url');
    const bad = {
      'another key': await sessionOf({ sub: name, credential, exp: LATER }, `${SESSION_KEY}!`),
      'no name of its own': await sessionOf({ sub: name, credential, exp: LATER, jti: null }, SESSION_KEY),
      'a name that none has': await sessionOf({ sub: name, credential, exp: LATER, jti: 'x' }, SESSION_KEY),
      ended: await sessionOf({ sub: name, credential, exp: 1_700_000_000 }, SESSION_KEY),
      'nobody of that name': await sessionOf({ sub: 'ghost', credential, exp: LATER }, SESSION_KEY),
      'a token that was replaced': await sessionOf(
        { sub: name, credential: 'of-before', exp: LATER },
        SESSION_KEY,
      ),
      'the credential of another': await sessionOf(
        { sub: name, credential: (await operatorOf('viewer')).credential, exp: LATER },
        SESSION_KEY,
      ),
      unsigned: `${unsigned}.${body}.`,
      cut: `${head}.${body}.${signature.slice(1)}`,
      'no token': 'anything',
    };
    const before = await world();
    for (const [what, text] of Object.entries(bad)) {
      const visitor = browser(`${SESSION_COOKIE}=${text}`);
      expect((await visitor.get('/')).headers['location'], what).toMatch(/^\/sign-in\?/);
      for (const path of CHANGES) {
        const answer = await visitor.post(path, FIELDS);
        expect([answer.status, answer.headers['location']], what).toEqual([
          303,
          expect.stringMatching(/^\/sign-in\?/),
        ]);
      }
    }
    const twice = browser(`${SESSION_COOKIE}=${good}; ${SESSION_COOKIE}=${good}`);
    expect((await twice.get('/')).status).toBe(303);
    expect(await world()).toBe(before);
  });

  test.each([...READS, '/no-such-page'])(
    'The page %s shows nothing to a visitor without a session',
    async (path) => {
      const answer = await browser(null).get(path);
      expect(answer.status).toBe(303);
      expect(answer.text).toBe('');
      expect(answer.headers['location']).toBe(
        `/sign-in?${new URLSearchParams({ next: path, why: 'begin' }).toString()}`,
      );
    },
  );
});

describe('An id of dots', () => {
  const DOTS = ['%2e%2e', '%2E%2E', '..', '%2e', '.%2e'];

  test.each(DOTS)(
    'The id %s leads to no other route of the gateway, and nothing is changed',
    async (dots) => {
      const owner = await signedIn('owner');
      const before = await world();
      const known = await changes();
      for (const path of [
        `/tenants/acme/tokens/${dots}/revoke`,
        `/tenants/acme/deletions/${dots}/decide`,
        `/tenants/${dots}/standing`,
        `/tenants/${dots}/tokens`,
      ]) {
        const { status, headers } = await owner.post(path, { ...FIELDS, decision: 'cancel' });
        expect([400, 404], `${path} ${headers['location'] ?? ''}`).toContain(status);
      }
      for (const path of [`/tenants/${dots}/deletions/${deletionId}/events`, `/tenants/${dots}`])
        expect([400, 404]).toContain((await owner.get(path)).status);
      expect(await world()).toBe(before);
      expect(await changes()).toEqual(known);
    },
  );
});

describe('A form that is longer than any', () => {
  const LONG = { ...FIELDS, reason: 'x'.repeat(1_100_000) };

  test('A form that is too long changes nothing, though its fields would', async () => {
    const owner = await signedIn('owner');
    const before = await world();
    const known = await changes();
    for (const path of ['/tenants/acme/standing', `/tenants/acme/tokens/${tokenId}/revoke`, '/sign-in']) {
      const { status, text } = await owner.post(path, LONG);
      expect([path, status]).toEqual([path, 413]);
      expect(text).toContain('Nothing was changed');
    }
    expect(await world()).toBe(before);
    expect(await changes()).toEqual(known);
  });

  test('A form of a visitor without a session is not read', async () => {
    let read = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          read += 1;
          controller.enqueue(new Uint8Array(1024));
        },
      },
      { highWaterMark: 0 },
    );
    const nowhere = gatewayThat(() => Promise.reject(new Error('asked')));
    const app = consoleOf({ GATEWAY: nowhere, ASSETS: nowhere, CONSOLE_SESSION_KEY: SESSION_KEY });
    const init = { method: 'POST', body, duplex: 'half', headers: { origin: 'https://console.test' } };
    const { status } = await app(new Request('https://console.test/tenants/acme/standing', init));
    expect([status, read]).toEqual([303, 0]);
  });
});

describe('A viewer', () => {
  test.each(CHANGES)('The change %s is refused to a viewer', async (path) => {
    const viewer = await signedIn('viewer');
    const before = await world();
    const known = await changes();
    const { status } = await viewer.post(path, FIELDS);
    expect(status).toBe(403);
    expect(await world()).toBe(before);
    expect(await changes()).toEqual(known);
  });

  test.each(READS)('The page %s offers a viewer no change', async (path) => {
    const viewer = await signedIn('viewer');
    const { text } = await viewer.get(path);
    const forms = [...text.matchAll(/<form method="post"(?: action="([^"]*)")?[^>]*>(.*?)<\/form>/gs)];
    for (const [, action, inside = ''] of forms) {
      if (action === '/sign-out') continue;
      const buttons = inside.match(/<button(?! type="button")/g) ?? [];
      expect([action, buttons]).toEqual([action, []]);
    }
  });
});

describe('The gateway', () => {
  test('The public entry does not look at the header that names an operator', async () => {
    const send = clientOf(gatewayOrigin);
    const headers = { 'Hedgerow-Operator': 'oda' };
    expect((await send('GET', '/admin/v1/tenants', { headers })).json).toMatchObject({
      code: 'admin_token_missing',
    });
    const viewer = await send('GET', '/admin/v1/operator', { headers, token: TOKENS.viewer });
    expect(viewer.json).toMatchObject({ name: 'victor', role: 'viewer' });
    const put = await send('PUT', '/admin/v1/tenants/mine', { headers, token: TOKENS.viewer, json: record });
    expect(put.json).toMatchObject({ code: 'role_missing' });
  });

  test('A browser cannot choose the operator by a header of its own', async () => {
    const viewer = await signedIn('viewer');
    const { text } = await viewer.get('/', { 'Hedgerow-Operator': 'oda' });
    expect(text).toContain('<bdi>victor</bdi>');
    expect(text).not.toContain('oda');
  });

  test('What an operator does at the console stands in the audit log under its name and role', async () => {
    const operator = await signedIn('operator');
    await operator.post('/tenants/acme/standing', { to: 'suspend' });
    await operator.post('/tenants/acme/standing', { to: 'resume' });
    expect((await changes()).slice(0, 2)).toMatchObject([
      { operator: 'olga', role: 'operator', action: 'admin_resume_tenant', outcome: 'made' },
      { operator: 'olga', role: 'operator', action: 'admin_suspend_tenant', outcome: 'made' },
    ]);
  });
});

describe('Every answer', () => {
  test.each([...READS, '/sign-in', '/healthz', '/assets/console.css', '/assets/console.js', '/no-such-page'])(
    'The answer to %s lets in nothing from elsewhere and stands in no frame',
    async (path) => {
      const owner = await signedIn('owner');
      const { headers, text } = await owner.get(path);
      expect(headers['content-security-policy']).toContain(
        "default-src 'none'; script-src 'self'; style-src 'self'",
      );
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['content-security-policy']).not.toContain('unsafe');
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['referrer-policy']).toBe('same-origin');
      expect(headers['cache-control']).toBe(path.startsWith('/assets/') ? 'no-cache' : 'no-store');
      if (headers['content-type']?.startsWith('text/html') === true)
        expect(text).not.toMatch(/ style=|<style|<script(?! src="\/assets\/)|\son[a-z]+=|javascript:/);
    },
  );

  test('The session is a cookie that no script reads, no other site sends and no plain connection carries', async () => {
    const answer = await browser(null).post('/sign-in', { token: TOKENS.owner });
    expect(answer.headers['set-cookie']).toMatch(
      /^__Host-hedgerow-session=[\w.-]+; Path=\/; Max-Age=28800; HttpOnly; Secure; SameSite=Strict$/,
    );
    const ended = await browser(cookieOf(answer)).post('/sign-out');
    expect(ended.headers['set-cookie']).toMatch(/^__Host-hedgerow-session=; Path=\/; Max-Age=0; /);
  });
});
