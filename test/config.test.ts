/** Nothing is served on half a configuration, and what is said of it holds nothing of it. */
import { describe, expect, test } from 'vitest';
import { readConfig, webhookOf } from '../src/config.ts';
import { LOCATIONS } from '../src/core/placement.ts';

const GOOD = {
  POSTHOG_HOST: 'https://us.posthog.com',
  POSTHOG_PERSONAL_API_KEY: 'phx_0123456789abcdef',
  ADMIN_TOKEN: 'an-operators-token',
  TOKEN_SIGNING_KEYS: `k1:${'s'.repeat(32)}`,
};

const configOf = (env: object) => {
  const read = readConfig(env);
  if (!read.ok) throw new Error(read.problems.join('; '));
  return read.config;
};
const problemsOf = (env: object): readonly string[] => {
  const read = readConfig(env);
  return read.ok ? [] : read.problems;
};
const withWebhook = (url: string, secrets: string) => ({
  ...GOOD,
  ALARM_WEBHOOK_URL: url,
  ALARM_WEBHOOK_SECRETS: secrets,
});
const withOut = (name: string) =>
  Object.fromEntries(Object.entries(GOOD).filter(([other]) => other !== name));

describe('Required variables', () => {
  test('The required variables are a host, a key, an admin token and a signing key; the rest has defaults', () => {
    expect(configOf(GOOD)).toMatchObject({
      upstream: {
        origin: 'https://us.posthog.com',
        key: 'phx_0123456789abcdef',
        readTimeoutMs: 10_000,
        slowTimeoutMs: 30_000,
      },
      operators: [{ name: 'admin', role: 'owner', token: 'an-operators-token' }],
      keyring: [{ kid: 'k1' }],
      issuer: 'hedgerow',
      generation: 'B',
    });
  });

  test.each(Object.keys(GOOD))('A configuration without %s is refused with that name', (name) => {
    const problems = problemsOf(withOut(name));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^${name} (?:is missing|must be a URL)`));
  });

  test('A configuration without anything is refused with all names at once', () => {
    expect(problemsOf({}).map((problem) => problem.split(' ')[0])).toEqual(Object.keys(GOOD));
  });

  test('The key of a project and the host that takes events are refused with what belongs there', () => {
    expect(problemsOf({ ...GOOD, POSTHOG_PERSONAL_API_KEY: 'phc_0123456789abcdef' })).toEqual([
      'POSTHOG_PERSONAL_API_KEY must be a personal API key (phx_…), and this is the key of a project (phc_…)',
    ]);
    for (const host of ['https://us.i.posthog.com', 'https://eu.i.posthog.com/', 'https://I.POSTHOG.COM'])
      expect(problemsOf({ ...GOOD, POSTHOG_HOST: host }).join()).toMatch(
        /^POSTHOG_HOST .*takes events only$/,
      );
    expect(problemsOf({ ...GOOD, POSTHOG_HOST: 'https://hi.posthog.com' })).toEqual([]);
  });

  test('A host without a scheme is one problem', () => {
    expect(problemsOf({ ...GOOD, POSTHOG_HOST: 'us.posthog.com' })).toEqual([
      'POSTHOG_HOST must be a URL like https://us.posthog.com',
    ]);
  });

  test('A configuration cannot be changed once it was read', () => {
    const config = configOf(GOOD);
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.upstream)).toBe(true);
  });
});

describe('The host of PostHog', () => {
  test.each([
    ['https://us.posthog.com', 'https://us.posthog.com'],
    ['https://us.posthog.com/', 'https://us.posthog.com'],
    ['HTTPS://US.PostHog.com:443', 'https://us.posthog.com'],
    ['http://127.0.0.1:8000', 'http://127.0.0.1:8000'],
    ['http://localhost:80', 'http://localhost'],
  ])('The host %s is read as %s', (host, origin) => {
    expect(configOf({ ...GOOD, POSTHOG_HOST: host }).upstream.origin).toBe(origin);
  });

  test.each([
    '',
    'us.posthog.com',
    '//us.posthog.com',
    'ftp://us.posthog.com',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https://us.posthog.com/api',
    'https://us.posthog.com/?x=1',
    'https://',
  ])('The host is never %j', (host) => {
    const problems = problemsOf({ ...GOOD, POSTHOG_HOST: host });
    expect(problems[0]).toMatch(/^POSTHOG_HOST must be /);
  });
});

describe('Secrets', () => {
  test.each([
    ['POSTHOG_PERSONAL_API_KEY', 12],
    ['ADMIN_TOKEN', 16],
  ])('The secret %s has %d characters or more', (name, least) => {
    expect(problemsOf({ ...GOOD, [name]: 'x'.repeat(least) })).toEqual([]);
    expect(problemsOf({ ...GOOD, [name]: 'x'.repeat(least - 1) })).toEqual([
      `${name} must have ${least} characters or more`,
    ]);
    expect(problemsOf({ ...GOOD, [name]: '' })).toContain(`${name} must have ${least} characters or more`);
  });

  test.each(['POSTHOG_PERSONAL_API_KEY', 'ADMIN_TOKEN'])(
    'The secret %s has no spaces, line breaks or other letters: no header would carry them',
    (name) => {
      for (const odd of [' ', '\n', '\t', '\r\n', 'ü', '\u0000']) {
        const problems = problemsOf({ ...GOOD, [name]: `${'x'.repeat(20)}${odd}${'x'.repeat(20)}` });
        expect(problems).toContain(`${name} must be printable ASCII without spaces`);
      }
      expect(problemsOf({ ...GOOD, [name]: `${'x'.repeat(20)}\n` })).not.toEqual([]);
    },
  );

  test.each([':', '!', '"', '\\', ',', '=x'])(
    'The admin token holds no %s: no client could send it',
    (odd) => {
      expect(problemsOf({ ...GOOD, ADMIN_TOKEN: `${'x'.repeat(20)}${odd}` })[0]).toMatch(
        /^ADMIN_TOKEN must be /,
      );
      expect(problemsOf({ ...GOOD, ADMIN_TOKEN: `${'Aa9-._~+/'.repeat(3)}==` })).toEqual([]);
    },
  );

  test('The operators are those of ADMIN_TOKENS beside the one of ADMIN_TOKEN, which is not needed where they are', () => {
    const named = 'alice:alices-token-of-its-own,bob/viewer:bobs-token-of-its-own';
    const alone = [
      { name: 'alice', role: 'owner', token: 'alices-token-of-its-own' },
      { name: 'bob', role: 'viewer', token: 'bobs-token-of-its-own' },
    ];
    expect(configOf({ ...withOut('ADMIN_TOKEN'), ADMIN_TOKENS: named }).operators).toEqual(alone);
    expect(configOf({ ...GOOD, ADMIN_TOKENS: named }).operators).toEqual([
      { name: 'admin', role: 'owner', token: 'an-operators-token' },
      ...alone,
    ]);
    expect(configOf({ ...GOOD, ADMIN_TOKENS: '' }).operators).toHaveLength(1);
    expect(problemsOf({ ...withOut('ADMIN_TOKEN'), ADMIN_TOKENS: '' })).toEqual(['ADMIN_TOKEN is missing']);
    expect(problemsOf({ ...GOOD, ADMIN_TOKEN: '', ADMIN_TOKENS: named })).not.toEqual([]);
  });

  test('A wrong entry of ADMIN_TOKENS is refused with its number and never its token', () => {
    expect(problemsOf({ ...GOOD, ADMIN_TOKENS: 'alice:alices-token-of-its-own,bob:short' })).toEqual([
      'ADMIN_TOKENS the token of entry 2 must have 16 characters or more',
    ]);
    expect(problemsOf({ ...GOOD, ADMIN_TOKENS: 'admin/viewer:another-token-here' })).toEqual([
      "ADMIN_TOKENS has an entry that has the name of ADMIN_TOKEN's operator, admin",
    ]);
    expect(problemsOf({ ...GOOD, ADMIN_TOKENS: `alice:${GOOD.ADMIN_TOKEN}` })).toEqual([
      "ADMIN_TOKENS has an entry that has the token of ADMIN_TOKEN's operator, admin",
    ]);
  });

  test('The signing secret is a ring of keys', () => {
    expect(problemsOf({ ...GOOD, TOKEN_SIGNING_KEYS: 'k1:short' })).toEqual([
      'TOKEN_SIGNING_KEYS the key of entry 1 is shorter than 32 bytes',
    ]);
    expect(problemsOf({ ...GOOD, TOKEN_SIGNING_KEYS: '' })[0]).toMatch(/^TOKEN_SIGNING_KEYS /);
  });
});

describe('Variables', () => {
  test.each(['READ_TIMEOUT_MS', 'SLOW_TIMEOUT_MS'])(
    'The variable %s is 100 to 120000 whole milliseconds',
    (name) => {
      for (const taken of ['100', '120000', 2500]) expect(problemsOf({ ...GOOD, [name]: taken })).toEqual([]);
      for (const refused of ['99', '120001', '-1', '0', '1.5', '', 'soon', '10s', 'Infinity', Number.NaN]) {
        const problems = problemsOf({ ...GOOD, [name]: refused });
        expect(problems[0], String(refused)).toMatch(new RegExp(`^${name} `));
      }
    },
  );

  test('Each delivery class has a time of its own', () => {
    const { upstream } = configOf({ ...GOOD, READ_TIMEOUT_MS: '200', SLOW_TIMEOUT_MS: '300' });
    expect(upstream).toMatchObject({ readTimeoutMs: 200, slowTimeoutMs: 300 });
  });

  test('TOKEN_ISSUER has 1 to 64 characters', () => {
    expect(configOf({ ...GOOD, TOKEN_ISSUER: 'x'.repeat(64) }).issuer).toHaveLength(64);
    for (const odd of ['', 'x'.repeat(65), 5]) {
      expect(problemsOf({ ...GOOD, TOKEN_ISSUER: odd })[0]).toMatch(/^TOKEN_ISSUER /);
    }
  });

  test('INSIGHT_ROUTE is query, or legacy with the generation that still has these endpoints', () => {
    expect(configOf(GOOD).insightRoute).toBe('query');
    const legacy = { ...GOOD, POSTHOG_GENERATION: 'A', INSIGHT_ROUTE: 'legacy' };
    expect(configOf(legacy).insightRoute).toBe('legacy');
  });

  test('UPSTREAM_REQUESTS_PER_MINUTE is what the operator says, or left open', () => {
    expect(configOf(GOOD).requestsPerMinute).toBeNull();
    expect(configOf({ ...GOOD, UPSTREAM_REQUESTS_PER_MINUTE: '' }).requestsPerMinute).toBeNull();
    expect(configOf({ ...GOOD, UPSTREAM_REQUESTS_PER_MINUTE: '5000' }).requestsPerMinute).toBe(5000);
  });

  test('OBJECTS_JURISDICTION is eu, fedramp, or left open', () => {
    expect(configOf(GOOD).placement.jurisdiction).toBeNull();
    expect(configOf({ ...GOOD, OBJECTS_JURISDICTION: '' }).placement.jurisdiction).toBeNull();
    for (const name of ['eu', 'fedramp'])
      expect(configOf({ ...GOOD, OBJECTS_JURISDICTION: name }).placement.jurisdiction).toBe(name);
  });

  test('OBJECTS_LOCATION is a location of the platform, or left open', () => {
    expect(configOf(GOOD).placement.location).toBeNull();
    expect(configOf({ ...GOOD, OBJECTS_LOCATION: '' }).placement.location).toBeNull();
    for (const name of LOCATIONS)
      expect(configOf({ ...GOOD, OBJECTS_LOCATION: name }).placement.location).toBe(name);
  });

  test.each([
    ['eu', ['weur', 'eeur']],
    ['fedramp', ['wnam', 'enam']],
  ])('A location outside of the jurisdiction %s is refused', (jurisdiction, inside) => {
    for (const location of LOCATIONS) {
      const env = { ...GOOD, OBJECTS_JURISDICTION: jurisdiction, OBJECTS_LOCATION: location };
      if (inside.includes(location)) expect(configOf(env).placement).toEqual({ jurisdiction, location });
      else
        expect(problemsOf(env)).toEqual([
          `OBJECTS_LOCATION must be ${inside.join(' or ')} with OBJECTS_JURISDICTION ${jurisdiction}, or empty`,
        ]);
    }
  });

  test('DELETION_LOOK_SECONDS is what the operator says, or left to the generation', () => {
    expect(configOf(GOOD).firstLookSeconds).toBeNull();
    expect(configOf({ ...GOOD, DELETION_LOOK_SECONDS: '' }).firstLookSeconds).toBeNull();
    expect(configOf({ ...GOOD, DELETION_LOOK_SECONDS: '300' }).firstLookSeconds).toBe(300);
  });

  test('DELETE_FUSE_PERSONS_PER_DAY is what the operator says, or there is no fuse', () => {
    expect(configOf(GOOD).fusePersonsPerDay).toBeNull();
    expect(configOf({ ...GOOD, DELETE_FUSE_PERSONS_PER_DAY: '' }).fusePersonsPerDay).toBeNull();
    for (const taken of ['1', '5000', '1000000000'])
      expect(configOf({ ...GOOD, DELETE_FUSE_PERSONS_PER_DAY: taken }).fusePersonsPerDay).toBe(Number(taken));
  });

  test('POSTHOG_GENERATION is A, B or C', () => {
    for (const generation of ['A', 'B', 'C']) {
      expect(configOf({ ...GOOD, POSTHOG_GENERATION: generation }).generation).toBe(generation);
    }
    for (const odd of ['', 'a', 'D']) {
      expect(problemsOf({ ...GOOD, POSTHOG_GENERATION: odd })[0]).toMatch(/^POSTHOG_GENERATION /);
    }
  });

  test('An unknown variable is ignored, because the platform adds its own', () => {
    expect(problemsOf({ ...GOOD, TENANT: {}, CF_VERSION: 'x' })).toEqual([]);
  });
});

test('A message about a wrong variable never holds its value', () => {
  const MARK = 'MARKED';
  const names = [
    ...Object.keys(GOOD),
    'READ_TIMEOUT_MS',
    'SLOW_TIMEOUT_MS',
    'TOKEN_ISSUER',
    'POSTHOG_GENERATION',
    'INSIGHT_ROUTE',
    'UPSTREAM_REQUESTS_PER_MINUTE',
    'OBJECTS_JURISDICTION',
    'OBJECTS_LOCATION',
    'DELETION_LOOK_SECONDS',
    'DELETE_FUSE_PERSONS_PER_DAY',
  ];
  const odd = [
    MARK,
    `${MARK} ${MARK}`,
    `${MARK}\n${MARK}`,
    `https://${MARK}/${MARK}`,
    `${MARK}:${MARK},${MARK}`,
  ];
  const values = [...odd, ...odd.map((text) => text + '.'.repeat(80)), { [MARK]: MARK }, [MARK]];
  let said = 0;
  for (const name of names) {
    for (const value of values) {
      const problems = problemsOf({ ...GOOD, [name]: value }).join('\n');
      said += problems === '' ? 0 : 1;
      expect(problems.toLowerCase()).not.toContain(MARK.toLowerCase());
    }
  }
  expect(said).toBeGreaterThan(50);
});

test.each([
  ['POSTHOG_GENERATION', 'D', 'must be one of A, B, C'],
  ['INSIGHT_ROUTE', 'auto', 'must be one of query, legacy'],
  [
    'INSIGHT_ROUTE',
    'legacy',
    'can be legacy with POSTHOG_GENERATION A only: later ones have removed these endpoints',
  ],
  ['UPSTREAM_REQUESTS_PER_MINUTE', '0', 'must be a whole number from 1 to 10000000, or empty'],
  ['UPSTREAM_REQUESTS_PER_MINUTE', '1.5', 'must be a whole number from 1 to 10000000, or empty'],
  ['OBJECTS_JURISDICTION', 'us', 'must be eu, fedramp, or empty'],
  [
    'OBJECTS_LOCATION',
    'us-east-1',
    'must be one of wnam, enam, sam, weur, eeur, apac, apac-ne, apac-se, oc, afr, me, or empty',
  ],
  ['DELETION_LOOK_SECONDS', '0', 'must be a whole number of seconds from 1 to 86400, or empty'],
  ['DELETION_LOOK_SECONDS', '86401', 'must be a whole number of seconds from 1 to 86400, or empty'],
  ['DELETION_LOOK_SECONDS', '1.5', 'must be a whole number of seconds from 1 to 86400, or empty'],
  ['DELETE_FUSE_PERSONS_PER_DAY', '0', 'must be a whole number from 1 to 1000000000, or empty'],
  ['DELETE_FUSE_PERSONS_PER_DAY', '-1', 'must be a whole number from 1 to 1000000000, or empty'],
  ['DELETE_FUSE_PERSONS_PER_DAY', '1.5', 'must be a whole number from 1 to 1000000000, or empty'],
  ['DELETE_FUSE_PERSONS_PER_DAY', '1e3', 'must be a whole number from 1 to 1000000000, or empty'],
  ['DELETE_FUSE_PERSONS_PER_DAY', '1000000001', 'must be a whole number from 1 to 1000000000, or empty'],
  ['TOKEN_ISSUER', '', 'must be text of 1 to 64 characters'],
  ['TOKEN_ISSUER', 'x'.repeat(65), 'must be text of 1 to 64 characters'],
  ['READ_TIMEOUT_MS', '99', 'must be a whole number of milliseconds from 100 to 120000'],
  ['SLOW_TIMEOUT_MS', '1.5', 'must be a whole number of milliseconds from 100 to 120000'],
])('The variable %s with the value %j is refused in words that name what is right', (name, value, text) => {
  expect(problemsOf({ ...GOOD, [name]: value })).toEqual([`${name} ${text}`]);
});

describe('The webhook of alarms', () => {
  const SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;

  test.each([
    'https://alarms.example/hook?key=1',
    'http://127.0.0.1:9000/',
    'http://[::1]:9000/x',
    'http://localhost/x',
  ])('The webhook %s is taken, with one secret or several', (url) => {
    expect(problemsOf(withWebhook(url, SECRET))).toEqual([]);
    expect(webhookOf(withWebhook(url, `${SECRET},${SECRET} ${SECRET}`))).toMatchObject({ url });
    expect(webhookOf(withWebhook(url, `${SECRET},${SECRET}`))?.secrets.map((bytes) => bytes.length)).toEqual([
      24, 24,
    ]);
  });

  test.each([
    'http://alarms.example/hook',
    'http://127.0.0.1.evil.example/',
    'http://localhost.evil.example/',
    'http://localhost@evil.example/',
    'https://user@alarms.example/',
    'https://user:secret@alarms.example/',
    'https://alarms.example/#x',
    'ftp://alarms.example/',
    'alarms.example',
    'https://',
    `https://alarms.example/${'x'.repeat(2000)}`,
  ])('The webhook %s is refused, and not repeated', (url) => {
    const problems = problemsOf(withWebhook(url, SECRET));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^ALARM_WEBHOOK_URL must be an https URL/);
    expect(problems[0]).not.toContain('evil');
    expect(() => webhookOf(withWebhook(url, SECRET))).toThrow();
  });

  test.each([
    'a-secret-that-is-no-secret',
    `whsec_${Buffer.alloc(23, 7).toString('base64')}`,
    `whsec_${Buffer.alloc(65, 7).toString('base64')}`,
    `${SECRET},whsec_`,
    `${SECRET},${SECRET}x`,
  ])('The secret %s is refused, and not repeated', (secrets) => {
    const problems = problemsOf(withWebhook('https://alarms.example/', secrets));
    expect(problems).toEqual([
      'ALARM_WEBHOOK_SECRETS must be one or more whsec_ and base64 of 24 to 64 bytes, with commas or spaces between',
    ]);
  });

  test('A webhook needs a secret, and a secret needs no webhook', () => {
    expect(problemsOf(withWebhook('https://alarms.example/', ''))).toEqual([
      'ALARM_WEBHOOK_SECRETS is needed where ALARM_WEBHOOK_URL is set',
    ]);
    expect(() => webhookOf(withWebhook('https://alarms.example/', ''))).toThrow('ALARM_WEBHOOK_SECRETS');
    expect(problemsOf(withWebhook('', SECRET))).toEqual([]);
    expect(webhookOf(withWebhook('', SECRET))).toBeNull();
    expect(webhookOf(GOOD)).toBeNull();
  });
});
