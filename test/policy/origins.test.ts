/** Patterns of web origins, and what a tenant may add by itself. */
import { describe, expect, test } from 'vitest';
import { Origins, TenantRecord } from '../../src/policy/grant.ts';
import { grantOf, narrow } from '../../src/policy/narrow.ts';
import { isLoopback } from '../../src/policy/origins/origin.ts';
import {
  checkOwnOrigins,
  OwnOriginList,
  ownOriginsAllowed,
  ownOriginsInForce,
  OwnOriginRules,
} from '../../src/policy/origins/own.ts';
import {
  allowsOrigin,
  DEVELOPMENT_ORIGINS,
  liesWithin,
  patternProblem,
} from '../../src/policy/origins/pattern.ts';
import { EVERYTHING, wholeGrant } from '../support/policy/grants.ts';

const BARE = 'https://*.previews.acme.example';
const PART = 'https://acme-*.vercel.app';

describe('Patterns', () => {
  test.each([
    BARE,
    PART,
    'https://*-acme.vercel.app',
    'https://acme-*-web.pages.dev',
    'https://*.acme.example:8443',
    'https://*.a.b.c.d.example',
    'https://*.xn--bcher-kva.example',
  ])('The pattern %s is accepted', (pattern) => {
    expect(patternProblem(pattern)).toBeNull();
    expect(TenantRecord.shape.origins.safeParse([pattern]).success).toBe(true);
  });

  test.each([
    '*',
    'https://*',
    'https://*.com',
    'https://acme-*.com',
    'https://*.localhost',
    'http://*.acme.example',
    'https://app.*.acme.example',
    'https://*.*.acme.example',
    'https://**.acme.example',
    'https://*.acme.example/',
    'https://*.acme.example:443',
    'https://*.acme.example:*',
    'http://localhost:*',
    'https://*.ACME.example',
    'https://*.acme.example.',
    'https://user@*.acme.example',
    'https://*.bücher.example',
    'https://xn--a-*.acme.example',
    'https://*.1.2.3',
    'https://*.acme.example#.b.c',
    'https://*.acme.example?x=.b.c',
    'https://*_a.acme.example',
    ' https://*.acme.example',
    'chrome-extension://*',
    '*://app.acme.example',
    `https://*.${'a'.repeat(200)}.acme.example`,
  ])('The pattern %s is refused in a record, with what would be right', (pattern) => {
    const parsed = TenantRecord.shape.origins.safeParse([pattern]);
    expect(parsed.success).toBe(false);
    if (pattern.length <= 200) expect(patternProblem(pattern)).toContain('like https://*.previews');
  });

  test('A token lists origins one by one, and no pattern', () => {
    expect(Origins.safeParse([PART]).error?.issues[0]?.message).toContain('without *');
  });

  test.each([
    [BARE, 'https://pr-12.previews.acme.example'],
    [BARE, 'https://a.previews.acme.example'],
    [PART, 'https://acme-git-main-7f3.vercel.app'],
    ['https://*.acme.example:8443', 'https://a.acme.example:8443'],
  ])('The pattern %s matches %s', (pattern, origin) => {
    expect(allowsOrigin([pattern], origin)).toBe(true);
  });

  test.each([
    [BARE, 'https://previews.acme.example'],
    [BARE, 'https://.previews.acme.example'],
    [BARE, 'https://a.b.previews.acme.example'],
    [BARE, 'https://A.previews.acme.example'],
    [BARE, 'https://a.previews.acme.example.'],
    [BARE, 'https://a.previews.acme.example:8443'],
    [BARE, 'https://a.previews.acme.example.evil.example'],
    [BARE, 'http://a.previews.acme.example'],
    [BARE, 'https://evil.example#.previews.acme.example'],
    [BARE, 'https://evil.example/.previews.acme.example'],
    [BARE, 'https://evil.example?.previews.acme.example'],
    [BARE, 'https://evil.example:80.previews.acme.example'],
    [BARE, 'https://user@a.previews.acme.example'],
    [BARE, 'https://a%2e.previews.acme.example'],
    [BARE, 'https://ü.previews.acme.example'],
    [BARE, 'https://xn--.previews.acme.example'],
    [BARE, 'https://xn--bcher-kva.previews.acme.example'],
    [BARE, 'https://a\n.previews.acme.example'],
    [BARE, 'https://evilpreviews.acme.example'],
    [BARE, BARE],
    [PART, 'https://acme-.vercel.app'],
    [PART, 'https://acme.vercel.app'],
    [PART, 'https://evil-acme-x.vercel.app'],
    [PART, 'https://acme-x.evil.vercel.app'],
    [PART, 'null'],
    [PART, 'file://'],
    [PART, ''],
    ['https://*.acme.example:8443', 'https://a.acme.example'],
    ['https://*.acme.example:8443', 'https://a.acme.example:84430'],
  ])('The pattern %s does not match %s', (pattern, origin) => {
    expect(allowsOrigin([pattern], origin)).toBe(false);
  });

  test('Patterns let a page of a grant in, and what a token lists stays of them', () => {
    const grant = wholeGrant({ origins: [PART, 'https://app.acme.example'] });
    const origins = ['https://acme-1.vercel.app', 'https://evil.vercel.app', 'https://app.acme.example'];
    expect(narrow(grant, { origins }).origins).toEqual([
      'https://acme-1.vercel.app',
      'https://app.acme.example',
    ]);
    expect(narrow(grant, {}).origins).toEqual(grant.origins);
  });

  test.each([
    ['https://pr-*.previews.acme.example', BARE, true],
    [BARE, BARE, true],
    ['https://acme-*-web.vercel.app', PART, true],
    ['https://*.vercel.app', PART, false],
    ['https://ac-*.vercel.app', PART, false],
    ['https://*.x.previews.acme.example', BARE, false],
    ['https://*.acme.example', BARE, false],
    ['https://*.previews.acme.example:8443', BARE, false],
    ['https://acme-*.vercel.app', 'https://*-web.vercel.app', false],
  ])('Whether %s lies within %s: %s', (inner, outer, expected) => {
    expect(liesWithin(inner, outer)).toBe(expected);
  });
});

describe('The development mode', () => {
  test.each([
    'http://localhost',
    'http://localhost:3000',
    'http://127.0.0.1:5173',
    'http://[::1]:8080',
    'https://localhost',
    'https://localhost:65535',
  ])('The development mode lets %s in', (origin) => {
    expect(allowsOrigin(DEVELOPMENT_ORIGINS, origin)).toBe(true);
    expect(isLoopback(origin)).toBe(true);
  });

  test.each([
    'http://localhost.evil.example',
    'http://localhost:3000.evil.example',
    'http://localhost:3000@evil.example',
    'http://localhost:80',
    'http://localhost:',
    'http://localhost:0x50',
    'http://localhost:03000',
    'http://localhost:65536',
    'http://localhost:*',
    'http://LOCALHOST:3000',
    'http://evil.localhost',
    'http://127.0.0.2:3000',
    'http://0.0.0.0:3000',
    'http://192.168.0.10:3000',
    'https://127.0.0.1',
    'null',
    'file://',
  ])('The development mode does not let %s in', (origin) => {
    expect(allowsOrigin(DEVELOPMENT_ORIGINS, origin)).toBe(false);
  });
});

const rules = (changes: Partial<OwnOriginRules>): OwnOriginRules => OwnOriginRules.parse(changes);

describe('Origins of a tenant’s own', () => {
  test('A record that does not name them allows none', () => {
    const { own_origins: none } = EVERYTHING;
    expect(none).toEqual({ max: 0, patterns: [], localhost: false });
    expect(checkOwnOrigins(none, ['https://a.example'])).toMatchObject({
      code: 'own_origins_not_granted',
      attr: 'origins',
    });
    expect(ownOriginsInForce(none, { origins: ['https://a.example'], developmentUntilMs: 10 }, 5)).toEqual(
      [],
    );
  });

  test.each([
    ['http://a.example', 'https origin'],
    ['chrome-extension://abcdefghijklmnopabcdefghijklmnop', 'https origin'],
    ['https://localhost', 'development mode'],
    ['https://localhost:3000', 'development mode'],
    ['https://app.localhost', 'development mode'],
    ['https://127.0.0.1', 'development mode'],
    ['https://[::1]:3000', 'development mode'],
    ['https://A.example', 'in lower case'],
    ['https://*.example', 'first label'],
    ['null', 'https origin'],
  ])('A tenant cannot add %s', (origin, right) => {
    expect(OwnOriginList().safeParse([origin]).error?.issues[0]?.message).toContain(right);
  });

  test('A host that only begins like one of this machine can be added', () => {
    const hosts = [
      'https://127.acme.example',
      'https://localhost.acme.example',
      'https://mylocalhost.example',
    ];
    expect(OwnOriginList().safeParse(hosts).success).toBe(true);
  });

  test('A tenant adds as many as the record allows, and each once', () => {
    const two = rules({ max: 2 });
    expect(checkOwnOrigins(two, ['https://a.example', 'https://b.example'])).toBeNull();
    expect(
      checkOwnOrigins(two, ['https://a.example', 'https://b.example', 'https://c.example']),
    ).toMatchObject({ code: 'own_origins_not_granted', attr: 'origins' });
    expect(OwnOriginList().safeParse(['https://a.example', 'https://a.example']).success).toBe(false);
  });

  test('A tenant adds patterns only within those of its record', () => {
    const within = rules({ max: 3, patterns: [PART] });
    expect(checkOwnOrigins(within, ['https://acme-pr-*.vercel.app', 'https://a.example'])).toBeNull();
    expect(checkOwnOrigins(within, ['https://a.example', 'https://*.vercel.app'])).toMatchObject({
      code: 'own_origins_not_granted',
      attr: 'origins[1]',
    });
    expect(checkOwnOrigins(rules({ max: 3 }), [PART])).toMatchObject({ attr: 'origins[0]' });
  });

  test('The first ones are in force where a record allows fewer than there are', () => {
    const origins = ['https://acme-*.vercel.app', 'https://a.example', 'https://b.example'];
    expect(ownOriginsAllowed(rules({ max: 2, patterns: [PART] }), origins)).toEqual(origins.slice(0, 2));
    expect(ownOriginsAllowed(rules({ max: 2 }), origins)).toEqual(origins.slice(1));
    expect(ownOriginsAllowed(rules({ max: 0, patterns: [PART] }), origins)).toEqual([]);
  });

  test('The development mode is in force until its time, where the record allows it', () => {
    const own = { origins: [], developmentUntilMs: 1000 };
    expect(ownOriginsInForce(rules({ localhost: true }), own, 999)).toEqual(DEVELOPMENT_ORIGINS);
    expect(ownOriginsInForce(rules({ localhost: true }), own, 1000)).toEqual([]);
    expect(ownOriginsInForce(rules({ localhost: false }), own, 999)).toEqual([]);
  });

  test('The grant of a tenant has them beside those of its record, each once', () => {
    const own = ['https://a.example', 'https://app.acme.example'];
    expect(grantOf(EVERYTHING, own).origins).toEqual([...EVERYTHING.origins, 'https://a.example']);
  });
});
