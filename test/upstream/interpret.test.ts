/** What PostHog's answers mean: every status, with every kind of body, of each generation. */
import { describe, expect, test } from 'vitest';
import { FAILURES } from '../../src/core/failure.ts';
import { interpret, interpretStatus } from '../../src/upstream/interpret.ts';
import { scrubsOf } from '../../src/upstream/scrub.ts';

const KEY = 'phx_the-key-nobody-sees';
const SCRUBS = scrubsOf({ origin: 'https://eu.posthog.example', key: KEY });

const meaning = (status: number, text: string, retryAfterSeconds: number | null = null) =>
  interpret({ status, text, retryAfterSeconds }, SCRUBS);
const codeOf = (status: number, text: string) => {
  const result = meaning(status, text);
  return result.kind === 'failure' ? result.failure.code : result.kind;
};

const BODIES = ['', '{}', '[]', 'null', '{"detail":"x"}', '<html>502</html>', '{"a":', ' ', '\n'];

describe('Successes', () => {
  test.each([
    [200, '{"results":[],"next":null}'],
    [200, '[]'],
    [200, 'null'],
    [200, ' {"spaced" : 1.10 } '],
    [201, '{"success":true}'],
    [202, '{"persons_found":2,"persons_deleted":0,"persons_queued_for_deletion":2}'],
  ])('A success %d %s is passed on as it is', (status, text) => {
    expect(meaning(status, text)).toEqual({
      kind: 'success',
      status,
      text,
      json: JSON.parse(text) as unknown,
    });
  });

  test.each([200, 201, 202, 204])('An empty body with status %d is how generation A says yes', (status) => {
    expect(meaning(status, '')).toEqual({ kind: 'success', status, text: '', json: undefined });
  });

  test.each([
    '<!doctype html><title>Sign in</title>',
    '{"results":[{"id":1},{"id"',
    'OK',
    '{"a":1}{"b":2}',
    "{'a':1}",
    'undefined',
  ])('A body of %j is no success', (text) => {
    expect(meaning(200, text)).toEqual({
      kind: 'failure',
      status: 200,
      failure: {
        code: 'upstream_reply_invalid',
        attr: null,
        detail: "PostHog answered 200 with a body that is not its API's.",
      },
    });
  });
});

describe('Failures of PostHog', () => {
  test.each([
    [401, 'upstream_key_refused'],
    [429, 'upstream_rate_limited'],
    [500, 'upstream_error'],
    [501, 'upstream_error'],
    [502, 'upstream_error'],
    [503, 'upstream_error'],
    [504, 'upstream_error'],
    [599, 'upstream_error'],
    [300, 'upstream_redirected'],
    [301, 'upstream_redirected'],
    [302, 'upstream_redirected'],
    [304, 'upstream_redirected'],
    [307, 'upstream_redirected'],
    [308, 'upstream_redirected'],
    [101, 'upstream_reply_invalid'],
    [0, 'upstream_reply_invalid'],
  ])('Status %d is %s, whatever the body says', (status, code) => {
    for (const text of BODIES) expect(codeOf(status, text)).toBe(code);
    expect(interpretStatus(status, null)?.code).toBe(code);
  });

  test("A failure of PostHog is a 502 or 503, never the caller's fault", () => {
    for (const status of [401, 429, 500, 302, 206, 100]) {
      const failure = interpretStatus(status, null);
      expect(failure === null ? 0 : FAILURES[failure.code].status).toBeGreaterThanOrEqual(502);
    }
  });

  test.each([
    [null, 60],
    [0, 0],
    [7, 7],
    [86_400, 86_400],
  ])('A used-up rate with Retry-After %s asks to wait %d s', (sent, seconds) => {
    expect(interpretStatus(429, sent)).toMatchObject({
      retryAfterSeconds: seconds,
      detail: `PostHog's own rate limit, which all tenants share, is used up. Try again in ${seconds} s.`,
    });
  });

  test('A failure repeats nothing of what PostHog said', () => {
    for (const status of [401, 429, 500, 302]) {
      expect(JSON.stringify(meaning(status, `{"detail":"secret ${KEY}"}`))).not.toMatch(/secret|phx_/);
    }
  });
});

describe("Refusals of the gateway's key", () => {
  test("A refusal of the key names the missing scope for the log, and is the gateway's fault for the caller", () => {
    const found = interpret(
      {
        status: 403,
        retryAfterSeconds: null,
        text: `{"code":"permission_denied","detail":"API key missing required scope 'person:write'"}`,
      },
      SCRUBS,
    );
    expect(found).toMatchObject({
      kind: 'failure',
      status: 403,
      failure: { code: 'upstream_scope_missing', upstreamScope: 'person:write' },
    });
    expect(found.kind === 'failure' ? found.failure.detail : '').not.toContain('person:write');
  });

  test('A refusal of the key is upstream_key_refused where PostHog names no scope', () => {
    expect(meaning(403, '{"detail":"This action does not support Personal API Key access"}')).toMatchObject({
      failure: { code: 'upstream_key_refused' },
    });
  });
});

test.each([408, 409, 421, 425, 499])(
  'A %d, which a proxy may send after the work was done, is a failure and no refusal',
  (status) => {
    expect(meaning(status, '{"detail":"no"}')).toMatchObject({
      kind: 'failure',
      status,
      failure: { code: 'upstream_error' },
    });
  },
);

test("A code of PostHog that equals one of the gateway's is not passed on", () => {
  for (const code of Object.keys(FAILURES).filter((own) => own !== 'not_found')) {
    expect(meaning(400, JSON.stringify({ code, detail: 'x' }))).toMatchObject({
      kind: 'refusal',
      body: { code: 'upstream_refused' },
    });
  }
  expect(meaning(404, '{"code":"not_found"}')).toMatchObject({ body: { code: 'not_found' } });
});

describe('Refusals of PostHog', () => {
  const body = { type: 'validation_error', code: 'invalid_input', detail: 'No such thing.', attr: 'ids' };

  test.each([400, 402, 404, 405, 410, 415, 451])('A refusal %d is passed on in its own words', (status) => {
    expect(meaning(status, JSON.stringify(body))).toEqual({ kind: 'refusal', status, body });
    expect(interpretStatus(status, null)).toBeNull();
  });

  test('A refusal keeps the members PostHog adds, and its swapped code and detail', () => {
    const odd = {
      attr: 'properties',
      code: 'This field is required.',
      detail: 'required',
      type: 'validation_error',
    };
    expect(meaning(400, JSON.stringify(odd))).toMatchObject({ body: odd });
    expect(meaning(400, JSON.stringify({ ...body, extra: { a: [1] } }))).toMatchObject({
      body: { extra: { a: [1] } },
    });
  });

  test.each([
    ['{"message":"Missing parameter","detail":"x"}', { message: 'Missing parameter', detail: 'x' }],
    ['{"message":"Could not retrieve team"}', { detail: 'Could not retrieve team' }],
    ['{"error":"Person not found"}', { error: 'Person not found', detail: 'Person not found' }],
    [
      '{"success":false,"detail":"Unable to delete property"}',
      { success: false, detail: 'Unable to delete property' },
    ],
    ['{"detail":{"a":1},"error":"e"}', { detail: 'e' }],
    ['{"type":5,"code":{"a":1},"attr":["ids"],"detail":"x"}', { detail: 'x' }],
  ])('A refusal %s that breaks the shape still gets the four members', (text, members) => {
    expect(meaning(400, text)).toMatchObject({
      body: { type: 'invalid_request', code: 'upstream_refused', attr: null, ...members },
    });
  });

  test.each([
    '',
    '<html>404</html>',
    '[]',
    '"text"',
    '5',
    'null',
    '{"a":',
    '{}',
    '{"detail":""}'.replace('""', '5'),
  ])('A refusal with the body %j has words of the gateway', (text) => {
    expect(meaning(404, text)).toMatchObject({
      kind: 'refusal',
      status: 404,
      body: {
        type: 'invalid_request',
        code: 'upstream_refused',
        attr: null,
        detail: 'PostHog refused the request and did not say why.',
      },
    });
  });

  test('A refusal that is nested too deeply to be written again has words of the gateway', () => {
    const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;
    expect(meaning(400, `{"detail":"x","extra":${deep}}`)).toEqual({
      kind: 'refusal',
      status: 400,
      body: {
        type: 'invalid_request',
        code: 'upstream_refused',
        attr: null,
        detail: 'PostHog refused the request and did not say why.',
      },
    });
    expect(codeOf(202, `{"persons_found":1,"extra":${deep}}`)).toBe('upstream_reply_invalid');
  });

  test('A refusal of an action that a generation lacks is a refusal like any other', () => {
    const detail =
      'The ID provided does not look like a personID. If you are using a distinctId, please use ?distinct_id=';
    expect(codeOf(400, JSON.stringify({ ...body, detail }))).toBe('refusal');
    expect(codeOf(405, '{"detail":"Method \\"POST\\" not allowed."}')).toBe('refusal');
  });

  test('A refusal holds neither the key nor the host, plain, percent-encoded or escaped', () => {
    const escaped = KEY.replaceAll(/./g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
    const text = `{"detail":"${KEY} at https://eu.posthog.example/x","${KEY}":"${escaped}","attr":"${encodeURIComponent(KEY)}"}`;
    const said = JSON.stringify(meaning(400, text));
    expect(said).not.toMatch(/phx_|eu\.posthog\.example/);
    expect(said).toContain('[redacted] at https://[redacted]/x');
  });
});

describe('Successes that echo the key', () => {
  test('A success that echoes the key is passed on without it and otherwise unchanged', () => {
    expect(meaning(200, `{"a":"${KEY}","n":1.10}`)).toEqual({
      kind: 'success',
      status: 200,
      text: '{"a":"[redacted]","n":1.10}',
      json: { a: '[redacted]', n: 1.1 },
    });
  });

  test('The key is found where it is spelled in escapes', () => {
    for (const spelled of [
      '\\u0070hx_the-key-nobody-sees',
      'phx_the\\u002dkey-nobody-sees',
      'phx\\u005Fthe-key-nobody-sees',
    ]) {
      const result = meaning(200, `{"a":"${spelled}"}`);
      expect(result).toMatchObject({ kind: 'success', json: { a: '[redacted]' } });
      expect(result.kind === 'success' ? JSON.parse(result.text) : null).toEqual({ a: '[redacted]' });
    }
  });

  test('The key is found where a slash of it is escaped', () => {
    const scrubs = scrubsOf({ origin: 'https://eu.posthog.example', key: 'phx_a/stroke' });
    const answer = { status: 200, retryAfterSeconds: null, text: '{"a":"phx_a\\/stroke"}' };
    expect(interpret(answer, scrubs)).toMatchObject({ json: { a: '[redacted]' } });
  });

  test('The host is kept in a success, because links and properties may hold it', () => {
    expect(meaning(200, '{"a":"https://eu.posthog.example/"}')).toMatchObject({
      json: { a: 'https://eu.posthog.example/' },
    });
  });

  test('Other escapes are kept as they were written', () => {
    const text = '{"a":"\\u00e9\\u2028","b":1.0}';
    expect(meaning(200, text)).toMatchObject({ text });
  });
});
