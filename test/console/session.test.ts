/** Signing in, coming back, and what a wrong token gets. */
import { expect, test } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import { returnPath } from '../../src/console/identity/return-path.ts';
import { together } from '../support/client.ts';
import { cookieOf, startConsole, TOKENS } from '../support/console.ts';

const { browser, changes, signedIn, origin } = await startConsole();

test('An operator who signs in comes to the page that asked for it, with its query', async () => {
  const asked = await browser(null).get('/tenants?removed=true');
  const location = asked.headers['location'] ?? '';
  expect(location).toBe('/sign-in?next=%2Ftenants%3Fremoved%3Dtrue&why=begin');
  const form = await browser(null).get(location);
  expect(form.text).toContain('<input type="hidden" name="next" value="/tenants?removed=true"/>');
  const signed = await browser(null).post('/sign-in', {
    token: TOKENS.viewer,
    next: '/tenants?removed=true',
  });
  expect([signed.status, signed.headers['location']]).toEqual([303, '/tenants?removed=true']);
  expect((await browser(cookieOf(signed)).get('/tenants?removed=true')).status).toBe(200);
});

test('A change that comes after the session has ended leads to signing in and back to the page it came from', async () => {
  const late = await browser('__Host-hedgerow-session=over').post(
    '/tenants/acme/standing',
    { to: 'suspend' },
    { referer: `${origin}/tenants/acme` },
  );
  expect(late.headers['location']).toBe('/sign-in?next=%2Ftenants%2Facme&why=expired');
  const page = await browser(null).get(late.headers['location'] ?? '');
  expect(page.text).toContain('Your session has ended.');
});

test.each([
  ['https://evil.example/', '/'],
  ['//evil.example/', '/'],
  ['/\\evil.example', '/'],
  ['\\\\evil.example', '/'],
  ['/.//evil.example', '/'],
  ['javascript:alert(1)', '/'],
  ['http://127.0.0.1:9/x', '/'],
  ['', '/'],
  [null, '/'],
  ['/tenants?cursor=a#b', '/tenants?cursor=a'],
  [`http://127.0.0.1:1/a`, '/a'],
])('The way back %j leads to %j, and never to another site', (text, path) => {
  expect(returnPath(text, 'http://127.0.0.1:1')).toBe(path);
});

test('An operator who has signed in is led on from the sign-in page, and nobody is led to another site', async () => {
  const viewer = await signedIn('viewer');
  expect((await viewer.get('/sign-in?next=%2Faudit')).headers['location']).toBe('/audit');
  expect((await viewer.get('/sign-in?next=https%3A%2F%2Fevil.example')).headers['location']).toBe('/');
  const signed = await browser(null).post('/sign-in', { token: TOKENS.viewer, next: '//evil.example/a' });
  expect(signed.headers['location']).toBe('/');
});

test('A session that was signed out of lets nobody in by a copy of its cookie, and changes nothing; other sessions go on', async () => {
  const owner = await signedIn('owner');
  const copy = browser(owner.cookie);
  const other = await signedIn('owner');
  expect((await copy.get('/tenants')).status).toBe(200);
  const out = await owner.post('/sign-out');
  expect([out.status, out.headers['location']]).toEqual([303, '/sign-in']);
  const before = await changes();
  const asked = await copy.get('/tenants');
  expect([asked.status, asked.headers['location']]).toEqual([303, '/sign-in?next=%2Ftenants&why=expired']);
  const change = await copy.post('/tenants/acme/standing', { to: 'suspend' });
  expect([change.status, change.headers['location']]).toEqual([303, '/sign-in?next=%2F&why=expired']);
  expect(await changes()).toEqual(before);
  expect((await other.get('/tenants')).status).toBe(200);
  // A second sign-out, by the copy, is none.
  expect((await copy.post('/sign-out')).status).toBe(303);
});

test('A wrong admin token signs nobody in, and is never repeated in the answer', async () => {
  for (const token of ['wrong-but-well-formed', 'wrong with spaces', '', 'wrong\r\nx: y', '<b>wrong</b>']) {
    const answer = await browser(null).post('/sign-in', { token });
    expect([answer.status, answer.headers['set-cookie']], token).toEqual([401, undefined]);
    expect(answer.text).toContain('This is no admin token of this gateway.');
    expect(answer.text).not.toContain('wrong');
  }
});

test('Wrong admin tokens are counted by the gateway: after a hundred the console says how long to wait, and the right one still signs in', async () => {
  const tries = Array.from(
    { length: LIMITS.wrongAdminTokensAtOnceMax + 5 },
    (_, at) => `wrong-token-number-${at}`,
  );
  const answers = await together(tries, (token) => browser(null).post('/sign-in', { token }));
  const limited = answers.find(({ status }) => status === 429);
  expect(limited?.text).toMatch(/try again in \d+ (?:s|min)/);
  expect((await browser(null).post('/sign-in', { token: TOKENS.owner })).status).toBe(303);
});
