/** Requests no client library would make: odd paths, odd headers, odd bodies, byte for byte over sockets. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { ADA } from '../../src/sandbox/seed/names.ts';
import { rawClient } from '../support/raw.ts';
import { startStack } from '../support/stack.ts';

const { origin, sandboxOrigin, send, sandbox, tenants, recorder } = await startStack();
const { tenant, token } = await tenants.fresh();
const raw = rawClient(origin, recorder);

const HOST = new URL(origin).host;
const PERSONS = '/api/projects/1/persons';

beforeEach(() => sandbox.forget());
afterAll(async () => expect(await tenants.log(tenant)).toEqual([]));

/** A request by hand. `lines` are header lines; the last line before the body is always there. */
const request = (method: string, target: string, lines: readonly string[] = [], body = ''): string =>
  [
    `${method} ${target} HTTP/1.1`,
    `Host: ${HOST}`,
    `Authorization: Bearer ${token}`,
    ...lines,
    'Connection: close',
    '',
    body,
  ].join('\r\n');

const head = (...lines: string[]): string =>
  [`GET ${PERSONS}/?limit=1 HTTP/1.1`, ...lines, 'Connection: close', '', ''].join('\r\n');

const nested = (depth: number) => `{"ids":${'['.repeat(depth)}${']'.repeat(depth)}}`;

const ids = (count: number) => Array.from({ length: count }, () => 'ä'.repeat(400));

/** One answer, a refusal, and nothing at PostHog. */
async function refusedWith(statuses: readonly number[], ...parts: readonly (string | Uint8Array)[]) {
  const answer = await raw(...parts);
  expect(statuses, answer.text).toContain(answer.statuses[0] ?? 0);
  expect(answer.statuses, answer.text).toHaveLength(1);
  expect(await sandbox.received()).toEqual([]);
  return answer;
}

describe('Paths', () => {
  test.each([
    ['dot segments', `${PERSONS}/../persons/`],
    ['dot segments to another project', '/api/projects/1/../2/persons/'],
    ['dot segments to the admin plane', '/api/projects/1/persons/../../../../admin/v1/tenants'],
    ['one dot', `${PERSONS}/./`],
    ['encoded dots', `${PERSONS}/%2e%2e/2/persons/`],
    ['half encoded dots', `${PERSONS}/.%2E/`],
    ['an encoded slash', `${PERSONS}%2f${ADA.uuid}`],
    ['an encoded slash in a person', `${PERSONS}/1%2Fdelete_events`],
    ['an encoded backslash', `${PERSONS}/..%5c..%5c`],
    ['a backslash', `${PERSONS}\\${ADA.uuid}`],
    ['dots and a backslash', `${PERSONS}/..\\admin`],
    ['two slashes in front', `/${PERSONS}/`],
    ['two slashes in the middle', '/api//projects/1/persons/'],
    ['two slashes at the end', `${PERSONS}//`],
    ['an encoded letter', '/%61pi/projects/1/persons/'],
    ['an encoded letter in an operation', `${PERSONS}/bulk%5Fdelete/`],
    ['an encoded NUL', `${PERSONS}/${ADA.uuid}%00`],
    ['an encoded percent sign', `${PERSONS}/%252e%252e/`],
    ['a broken escape', `${PERSONS}/%zz/`],
    ['a letter beyond ASCII', `${PERSONS}/ädä/`],
    ['a semicolon', `${PERSONS};/${ADA.uuid}/`],
    ['a matrix parameter', `${PERSONS};project=2/`],
    ['a comma', `${PERSONS}/1,2/`],
    ['a quotation mark', `${PERSONS}/"/`],
    ['an asterisk', `${PERSONS}/*/`],
    ['an encoded question mark', `${PERSONS}/%3Ftoken=phc_other`],
    ['an encoded hash', `${PERSONS}/%23`],
  ])('A path with %s is refused', async (_, target) => {
    const { json } = await refusedWith([400, 404], request('GET', target));
    expect(json).toMatchObject({
      type: 'invalid_request',
      code: expect.stringMatching(/^path_invalid$|^path_unknown$/) as unknown,
    });
  });

  test.each([
    ['the current project', '/api/projects/@current/persons/'],
    ['a project by name', '/api/projects/acme/persons/'],
    ['a negative project', '/api/projects/-1/persons/'],
    ['a project with a point', '/api/projects/1.0/persons/'],
    ['a project in hex', '/api/projects/0x1/persons/'],
    ['project zero', '/api/projects/0/persons/'],
    ['a project beyond 31 bits', '/api/projects/2147483648/persons/'],
    ['a project that is 1 modulo 2^64', '/api/projects/18446744073709551617/persons/'],
    ['a project of 400 digits', `/api/projects/${'1'.repeat(400)}/persons/`],
    ['no project', '/api/projects//persons/'],
    ['the flat family', '/api/person/'],
    ['the flat family in the plural', '/api/persons/'],
    ['another family', '/api/organizations/1/persons/'],
    ['another resource', '/api/projects/1/feature_flags/'],
    ['the environment itself', '/api/environments/1/'],
    ['capitals', '/API/projects/1/persons/'],
    ['capitals in an operation', `${PERSONS}/Bulk_Delete/`],
    ['a format suffix on the list', `${PERSONS}.csv`],
    ['a format suffix on an operation', `${PERSONS}/lifecycle.json`],
    ['a format suffix on a person', `${PERSONS}/${ADA.uuid}.json`],
    ['a format suffix on a deletion', `${PERSONS}/bulk_delete.json`],
    ['an operation that is gone', `${PERSONS}/${ADA.uuid}/merge/`],
    ['an operation that is switched off', `${PERSONS}/${ADA.uuid}/emails/`],
    ['more below an operation', `${PERSONS}/funnel/correlation/x/`],
    ['more below a person', `${PERSONS}/${ADA.uuid}/split/x/`],
    ['the sandbox', '/_sandbox/state'],
    ['a file', '/.env'],
    ['another version', '/v2/whoami'],
    ['the admin plane without a version', '/admin/tenants'],
  ])('A path to %s leads nowhere', async (_, target) => {
    const { json } = await refusedWith([400, 404], request('GET', target));
    const deletion = await refusedWith([400, 404, 405], request('DELETE', target));
    // A word that is no operation stands where a person does.
    const codes = /^path_invalid$|^path_unknown$|^method_unknown$|^parameter_invalid$/;
    for (const answer of [json, deletion.json]) {
      expect(answer).toMatchObject({ code: expect.stringMatching(codes) as unknown });
    }
  });

  test('A request target in absolute form is read as its path, and its host means nothing', async () => {
    const { statuses } = await raw(request('GET', `http://us.posthog.com${PERSONS}/?limit=1`));
    expect([200, 400, 404]).toContain(statuses[0]);
    for (const { target, headers } of await sandbox.received()) {
      expect(target).toBe(`${PERSONS}/?limit=1`);
      expect(headers['host']).toBe(new URL(sandboxOrigin).host);
    }
  });

  test('A path ends at a fragment, for the runtime as for every client', async () => {
    const { statuses } = await raw(request('GET', `${PERSONS}/${ADA.uuid}#/../../2/persons/`));
    expect(statuses).toEqual([200]);
    expect(await sandbox.received()).toMatchObject([{ target: `${PERSONS}/${ADA.uuid}/` }]);
  });
});

describe('Headers', () => {
  test.each([
    [
      'two Authorization headers',
      [`Host: ${HOST}`, `Authorization: Bearer ${token}`, 'Authorization: Bearer hgr_other'],
    ],
    [
      'two Authorization headers, the good one last',
      [`Host: ${HOST}`, 'Authorization: Basic eDp5', `Authorization: Bearer ${token}`],
    ],
    ['an Authorization folded over two lines', [`Host: ${HOST}`, 'Authorization: Bearer', ` ${token}`]],
    ['an Authorization with a tab', [`Host: ${HOST}`, `Authorization: Bearer\t${token}`]],
    ['a token with a byte beyond ASCII', [`Host: ${HOST}`, `Authorization: Bearer ${token}é`]],
    ['a token in quotes', [`Host: ${HOST}`, `Authorization: Bearer "${token}"`]],
    ['a name with a blank before the colon', [`Host: ${HOST}`, `Authorization : Bearer ${token}`]],
    ['two Host headers', [`Host: ${HOST}`, 'Host: us.posthog.com', `Authorization: Bearer ${token}`]],
    ['a Host with a path', [`Host: ${HOST}/healthz`, `Authorization: Bearer ${token}`]],
    ['a Host with a user', [`Host: user:word@${HOST}`, `Authorization: Bearer ${token}`]],
    ['a Host with a query', [`Host: ${HOST}?x`, `Authorization: Bearer ${token}`]],
    ['a Host with a fragment', [`Host: ${HOST}#x`, `Authorization: Bearer ${token}`]],
    ['a Host with a backslash', [`Host: ${HOST}\\x`, `Authorization: Bearer ${token}`]],
    ['a Host with a port that is none', ['Host: a.example:99999', `Authorization: Bearer ${token}`]],
    ['a line without a colon', [`Host: ${HOST}`, `Authorization: Bearer ${token}`, 'smuggled']],
    [
      'a megabyte of headers',
      [
        `Host: ${HOST}`,
        `Authorization: Bearer ${token}`,
        ...Array.from({ length: 1000 }, (_, i) => `x-${i}: ${'a'.repeat(1000)}`),
      ],
    ],
  ])('A request is refused whose headers are %s', async (_, lines) => {
    await refusedWith([400, 401, 413, 431, 500, 501], head(...lines));
  });

  test('A header is read in any case, and with blanks after the colon', async () => {
    const answer = await raw(head(`HOST: ${HOST}`, `AUTHORIZATION:   bEARER  ${token}  `));
    expect(answer.statuses).toEqual([200]);
  });
});

describe('Request smuggling', () => {
  const inner = [
    `POST ${PERSONS}/bulk_delete/ HTTP/1.1`,
    `Host: ${HOST}`,
    `Authorization: Bearer ${token}`,
    'Content-Type: application/json',
    'Content-Length: 51',
    '',
    `{"ids":["${ADA.uuid}"]}`,
  ].join('\r\n');

  const SHAPES: [string, string][] = [
    [
      'a length and chunks',
      request(
        'POST',
        `${PERSONS}/funnel/`,
        ['Content-Type: application/json', 'Content-Length: 5', 'Transfer-Encoding: chunked'],
        `0\r\n\r\n${inner}`,
      ),
    ],
    [
      'chunks and a length',
      request(
        'POST',
        `${PERSONS}/funnel/`,
        [
          'Content-Type: application/json',
          'Transfer-Encoding: chunked',
          `Content-Length: ${inner.length + 5}`,
        ],
        `0\r\n\r\n${inner}`,
      ),
    ],
    [
      'two lengths',
      request(
        'POST',
        `${PERSONS}/funnel/`,
        ['Content-Type: application/json', 'Content-Length: 0', `Content-Length: ${inner.length}`],
        inner,
      ),
    ],
    [
      'a length that is no number',
      request(
        'POST',
        `${PERSONS}/funnel/`,
        ['Content-Type: application/json', 'Content-Length: 0x10'],
        inner,
      ),
    ],
    [
      'a negative length',
      request('POST', `${PERSONS}/funnel/`, ['Content-Type: application/json', 'Content-Length: -1'], inner),
    ],
    [
      'an encoding nobody knows',
      request(
        'POST',
        `${PERSONS}/funnel/`,
        ['Content-Type: application/json', 'Transfer-Encoding: xchunked'],
        inner,
      ),
    ],
    [
      'chunked twice',
      request(
        'POST',
        `${PERSONS}/funnel/`,
        ['Content-Type: application/json', 'Transfer-Encoding: chunked, identity'],
        `0\r\n\r\n${inner}`,
      ),
    ],
    [
      'a chunk size with a sign',
      request(
        'POST',
        `${PERSONS}/funnel/`,
        ['Content-Type: application/json', 'Transfer-Encoding: chunked'],
        `+2\r\n{}\r\n0\r\n\r\n`,
      ),
    ],
  ];

  test.each(SHAPES)('A second request smuggled by %s never reaches PostHog', async (_, bytes) => {
    await raw(bytes);
    const bulk = (await sandbox.received()).filter(({ target }) => target.includes('bulk_delete'));
    expect(bulk).toEqual([]);
    expect((await sandbox.received()).length).toBeLessThanOrEqual(1);
  });

  test('A GET with a body and what follows are one request', async () => {
    const bytes = request('GET', `${PERSONS}/?limit=1`, [`Content-Length: ${inner.length}`], inner);
    expect((await raw(bytes)).statuses).toEqual([200]);
    expect(await sandbox.received()).toMatchObject([
      { method: 'GET', target: `${PERSONS}/?limit=1`, body: '' },
    ]);
  });
});

describe('Bodies', () => {
  const TARGET = `${PERSONS}/bulk_delete/`;
  const good = `{"ids":["${ADA.uuid}"]}`;
  const asJson = { 'content-type': 'application/json' };

  const refused = async (
    expected: object,
    body: string | Uint8Array,
    headers: Record<string, string> = asJson,
  ) => {
    expect(await send('POST', TARGET, { token, body, headers })).toMatchObject(expected);
    expect(await sandbox.received()).toEqual([]);
  };

  test.each([
    ['no type', {}],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['a form with parts', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['text', { 'content-type': 'text/plain' }],
    ['JSON with another name', { 'content-type': 'application/vnd.api+json' }],
    ['JSON in another charset', { 'content-type': 'application/json; charset=utf-16' }],
    ['JSON and something else', { 'content-type': 'application/json, text/plain' }],
    ['JSON with half a parameter', { 'content-type': 'application/json; boundary' }],
    ['compressed JSON', { ...asJson, 'content-encoding': 'gzip' }],
  ] as [string, Record<string, string>][])('A body of %s is 415', async (_, headers) => {
    await refused({ status: 415, json: { code: 'content_type_unsupported' } }, good, headers);
  });

  test.each([
    'application/json; charset=utf-8',
    'Application/JSON',
    'application/json;charset="UTF-8"',
    'application/json; ; charset=utf8;',
    'application/json; boundary=x',
  ])('A body of %s is read, even where its coding is called identity', async (type) => {
    await refused({ status: 400, json: { code: 'field_invalid', attr: 'ids' } }, '{"ids":[]}', {
      'content-type': type,
      'content-encoding': 'identity',
    });
  });

  test.each([
    ['nothing but blanks', '  \n'],
    ['a brace', '{'],
    ['JavaScript', "{ids: ['a']}"],
    ['a comma too many', `{"ids":["${ADA.uuid}",]}`],
    ['a comment', `{"ids":["${ADA.uuid}"]} // all`],
    ['two values', `${good}${good}`],
    ['lines of JSON', `${good}\n${good}`],
    ['a form', `ids=${ADA.uuid}`],
    ['a number PostHog would read', '{"ids":[NaN]}'],
    ['a text over two lines', '{"ids":["a\nb"]}'],
    ['a byte order mark in the middle', `{"ids":\uFEFF["${ADA.uuid}"]}`],
    ['a member twice', `{"ids":["${ADA.uuid}"],"ids":[]}`],
    [
      'a member twice, once escaped',
      `{"delete_events":false,"\\u0064elete_events":true,"ids":["${ADA.uuid}"]}`,
    ],
    ['a member twice, deep down', `{"ids":["${ADA.uuid}"],"x":[{"y":{"a":1,"a":2}}]}`],
    ['2,000 levels', nested(2000)],
    ['half a million levels', nested(500_000)],
    ['half a million objects', '{"a":'.repeat(200_000)],
    ['__proto__', `{"ids":["${ADA.uuid}"],"__proto__":{"delete_events":true}}`],
  ])('A body of %s is refused', async (_, body) => {
    await refused({ status: 400, json: { code: 'body_invalid', attr: null } }, body);
  });

  test.each([
    ['bytes that are no UTF-8', [0x7b, 0xff, 0xfe, 0x7d]],
    ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22]],
    ['half a surrogate pair', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['UTF-16', [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]],
  ])('A body of %s is refused', async (_, bytes) => {
    await refused({ status: 400, json: { code: 'body_invalid' } }, Uint8Array.from(bytes));
  });

  test('A body larger than a megabyte is 413, as soon as it says so, and as soon as it is', async () => {
    const large = JSON.stringify({ distinct_ids: ids(1400) });
    await refused({ status: 413, json: { code: 'body_too_large' } }, large);
    const declared = request(
      'POST',
      TARGET,
      ['Content-Type: application/json', 'Content-Length: 99999999999'],
      '{',
    );
    await refusedWith([413], declared);
    const chunk = `${(65_536).toString(16)}\r\n${' '.repeat(65_536)}\r\n`;
    const chunked = request(
      'POST',
      TARGET,
      ['Content-Type: application/json', 'Transfer-Encoding: chunked'],
      chunk.repeat(17),
    );
    await refusedWith([413], `${chunked}0\r\n\r\n`);
  });

  test('A body of a thousand distinct ids of 400 characters is not too large', async () => {
    const names = Array.from({ length: 1000 }, (_, i) => String(i).padStart(400, 'ä'));
    // Refused for its flag alone, so that the log stays empty.
    const body = JSON.stringify({ distinct_ids: names, delete_events: 'false' });
    await refused({ status: 400, json: { code: 'field_invalid', attr: 'delete_events' } }, body);
  });

  test('A body is not read before its sender is authenticated', async () => {
    const large = ' '.repeat(2_000_000);
    expect(
      await send('POST', TARGET, { body: large, headers: asJson }).catch(() => ({ status: 401 })),
    ).toMatchObject({ status: 401 });
    const endless = request(
      'POST',
      TARGET,
      ['Content-Type: application/json', 'Content-Length: 99999999999'],
      '{',
    ).replace(token, 'hgr_x');
    await refusedWith([401], endless);
  });

  test('A body that is empty is none', async () => {
    await refused({ status: 400, json: { code: 'field_invalid', attr: 'ids' } }, '');
  });
});
