/** What an operator may register and a partner may ask for. Unknown members are refused, and defaults are the careful ones. */
import { describe, expect, test } from 'vitest';
import { Narrowing, Origins, TenantRecord } from '../../src/policy/grant.ts';
import { WireSlice } from '../../src/policy/wire-slice.ts';

const least = { name: 'Acme', project_id: 1, scopes: ['person:read'] };
const issueAt = (schema: typeof TenantRecord | typeof Narrowing, value: unknown) =>
  schema.safeParse(value).error?.issues[0]?.path.join('.');

describe('Tenant records', () => {
  test('A record with only the required members deletes no events, allows no page and is not suspended', () => {
    expect(TenantRecord.parse(least)).toEqual({
      ...least,
      split_out_of_slice: false,
      rate: { requests_per_minute: 120, burst: 30 },
      weight: 1,
      deletes: { persons_per_day: 1000, events: false, recordings: false, hold_seconds: 0 },
      reads: { remember_seconds: 0 },
      origins: [],
      own_origins: { max: 0, patterns: [], localhost: false },
      suspended: false,
    });
  });

  test("A record's missing members of deletes are filled in", () => {
    expect(TenantRecord.parse({ ...least, deletes: { events: true } }).deletes).toEqual({
      persons_per_day: 1000,
      events: true,
      recordings: false,
      hold_seconds: 0,
    });
  });

  test.each([
    ['no name', { ...least, name: '' }, 'name'],
    ['a name of 201 characters', { ...least, name: 'x'.repeat(201) }, 'name'],
    ['a project of 0', { ...least, project_id: 0 }, 'project_id'],
    ['a project beyond 2^31', { ...least, project_id: 2_147_483_648 }, 'project_id'],
    ['a project that is text', { ...least, project_id: '1' }, 'project_id'],
    ['no scopes', { ...least, scopes: [] }, 'scopes'],
    ['a wildcard', { ...least, scopes: ['*'] }, 'scopes.0'],
    ['a wildcard of persons', { ...least, scopes: ['person:*'] }, 'scopes.0'],
    ['a rate of 0', { ...least, rate: { requests_per_minute: 0, burst: 1 } }, 'rate.requests_per_minute'],
    ['half a rate', { ...least, rate: { requests_per_minute: 10 } }, 'rate.burst'],
    ['a burst of 0', { ...least, rate: { requests_per_minute: 1, burst: 0 } }, 'rate.burst'],
    [
      'a burst beyond the limit',
      { ...least, rate: { requests_per_minute: 1, burst: 1_000_001 } },
      'rate.burst',
    ],
    ['a weight of 0', { ...least, weight: 0 }, 'weight'],
    ['a weight beyond the limit', { ...least, weight: 101 }, 'weight'],
    ['a weight between two numbers', { ...least, weight: 1.5 }, 'weight'],
    ['negative deletes', { ...least, deletes: { persons_per_day: -1 } }, 'deletes.persons_per_day'],
    ['deletes of events as text', { ...least, deletes: { events: 'false' } }, 'deletes.events'],
    ['suspended as text', { ...least, suspended: 'true' }, 'suspended'],
    ['a slice without a value', { ...least, slice: { property: 'a' } }, 'slice.value'],
    ['a null slice', { ...least, slice: null }, 'slice'],
    ['own origins beyond the limit', { ...least, own_origins: { max: 51 } }, 'own_origins.max'],
    [
      'own origins within any host',
      { ...least, own_origins: { patterns: ['https://*'] } },
      'own_origins.patterns.0',
    ],
    ['51 origins', { ...least, origins: Array.from({ length: 51 }, () => 'https://x.test') }, 'origins'],
  ])('A record is refused with %s', (_, record, where) => {
    expect(issueAt(TenantRecord, record)).toBe(where);
  });

  test.each(['admin', '__proto__', 'constructor', 'expires_in', 'project'])(
    'A record is refused with an unknown member %s, at the top and below',
    (name) => {
      const member = JSON.parse(`{${JSON.stringify(name)}:1}`) as object;
      const spread = (into: object): unknown =>
        JSON.parse(JSON.stringify(into).replace(/}$/, `,"${name}":1}`));
      expect(TenantRecord.safeParse(spread(least)).success).toBe(false);
      expect(TenantRecord.safeParse({ ...least, deletes: member }).success).toBe(false);
      expect(TenantRecord.safeParse({ ...least, properties: member }).success).toBe(false);
    },
  );
});

describe('Scopes', () => {
  test('Scopes are kept once each, in one order', () => {
    const scopes = ['cohort:read', 'person:read', 'cohort:read'];
    expect(TenantRecord.parse({ ...least, scopes }).scopes).toEqual(['person:read', 'cohort:read']);
  });

  test("PostHog's scope for every write is kept as its parts", () => {
    expect(TenantRecord.parse({ ...least, scopes: ['person:write'] }).scopes).toEqual([
      'person:update',
      'person:split',
      'person:delete',
      'person:reset_distinct_id',
    ]);
  });
});

describe('Narrowings', () => {
  test('A narrowing may leave out everything, and then says nothing', () => {
    expect(Narrowing.parse({})).toEqual({});
    expect(Narrowing.parse({ deletes: {}, properties: {} })).toEqual({ deletes: {}, properties: {} });
  });

  test.each(['project_id', 'suspended', 'name', '__proto__', 'constructor', 'slices'])(
    'A narrowing cannot have the member %s',
    (name) => {
      expect(Narrowing.safeParse(JSON.parse(`{${JSON.stringify(name)}:1}`)).success).toBe(false);
    },
  );

  test('A narrowing has a whole rate or none', () => {
    expect(issueAt(Narrowing, { rate: { burst: 5 } })).toBe('rate.requests_per_minute');
  });
});

describe('Origins', () => {
  const CHROME = `chrome-extension://${'abcdefghijklmnop'.repeat(2)}`;
  const UUID = '0F1E2D3C-4B5A-6978-8796-a5b4c3d2e1f0';

  test.each([
    'https://app.example.com',
    'http://localhost:5173',
    'https://[::1]:8443',
    'http://127.0.0.1',
    'https://tauri.localhost',
    CHROME,
    `moz-extension://${UUID}`,
    `safari-web-extension://${UUID}`,
    'capacitor://localhost',
    'ionic://localhost',
    'tauri://localhost',
    'app://-',
    'app://obsidian.md',
    'app://localhost:3000',
    'vscode-webview://0a1b2c',
  ])('The origin %s is accepted as a browser sends it', (origin) => {
    expect(Origins.safeParse([origin]).success).toBe(true);
  });

  test.each([
    ['https://app.example.com/', 'https://app.example.com:'],
    ['https://app.example.com/path', 'without a path'],
    ['https://app.example.com:443', 'without the port'],
    ['http://app.example.com:80', 'without the port'],
    ['https://APP.example.com', 'in lower case'],
    ['https://user@app.example.com', 'like https://app.example.com'],
    ['https://app.example.com?x', 'like https://app.example.com'],
    ['https:', 'like https://app.example.com'],
    ['https://bücher.example', 'like https://app.example.com'],
    ['app.example.com', 'like https://app.example.com'],
    [' https://app.example.com', 'like https://app.example.com'],
    ['HTTPS://app.example.com', 'like https://app.example.com'],
    ['', 'like https://app.example.com'],
    ['*', 'without *'],
    ['https://*', 'without *'],
    ['https://*.example.com', 'without *'],
    ['chrome-extension://*', 'without *'],
    ['null', 'must tell one page from another'],
    ['file://', 'must tell one page from another'],
    ['file:///index.html', 'must tell one page from another'],
    ['ftp://app.example.com', 'like https://app.example.com'],
    ['data://x', 'like https://app.example.com'],
    ['wss://app.example.com', 'like https://app.example.com'],
    ['chrome-extension://abcdef', '32 letters from a to p'],
    [`${CHROME}/popup.html`, 'like https://app.example.com'],
    [`${CHROME}:1`, '32 letters from a to p'],
    ['moz-extension://abcdef', 'a UUID'],
    ['safari-web-extension://abcdef', 'a UUID'],
    ['capacitor://localhost/', 'capacitor://localhost'],
    ['capacitor:localhost', 'capacitor://localhost'],
    ['capacitor://', 'capacitor://localhost'],
    ['tauri://user@localhost', 'tauri://localhost'],
    ['app://a b', 'like https://app.example.com'],
    ['1app://a', 'like https://app.example.com'],
  ])('The origin %s is refused with what would be right', (origin, right) => {
    const parsed = Origins.safeParse([origin]);
    expect(parsed.error?.issues[0]?.message).toContain(right);
  });
});

describe('Slices', () => {
  test.each(['acme', 't_42', ['a', 'b'], Array.from({ length: 50 }, (_, i) => `t_${i}`)])(
    'A slice may have the value %j',
    (value) => {
      expect(WireSlice.safeParse({ property: 'tenant_id', value }).success).toBe(true);
    },
  );

  test.each([
    null,
    '',
    5,
    1.5,
    true,
    [1, 'a', false],
    [],
    [''],
    [[1]],
    {},
    '5',
    '1e3',
    '0x1F',
    'true',
    'NaN',
    '2026-01-15',
    '"acme"',
    '["acme","bolt"]',
    ' acme',
    ['acme', 'acme'],
    'x'.repeat(201),
    Array.from({ length: 51 }, (_, i) => `t_${i}`),
  ])('A slice never has the value %j', (value) => {
    expect(WireSlice.safeParse({ property: 'tenant_id', value }).success).toBe(false);
  });
});
