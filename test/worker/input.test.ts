/** Bad input, and what it gets: a refusal that names the mistake, and nothing at PostHog, nothing in the log. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../src/catalogue/index.ts';
import type { FailureCode } from '../../src/core/failure.ts';
import { FAILURES } from '../../src/core/failure.ts';
import { ADA, BEN } from '../../src/sandbox/seed/names.ts';
import { callOf, EVERY_METHOD, inQuery, operationOf, pathOf } from '../support/calls.ts';
import { together, type Answer } from '../support/client.ts';
import {
  BODY_MISTAKES,
  BULK_MISTAKES,
  DANGEROUS,
  FILTER_MISTAKES,
  INSIGHT_MISTAKES,
} from '../support/mistakes.ts';
import { startStack } from '../support/stack.ts';

const { send, get, sandbox, tenants } = await startStack();
const { tenant, token } = await tenants.fresh();

beforeAll(() => sandbox.forget());

// Whatever a test of this file sends, it is refused.
afterAll(async () => {
  expect(await sandbox.received()).toEqual([]);
  expect(await tenants.log(tenant)).toEqual([]);
});

const PERSONS = '/api/projects/1/persons';

const json = (body: string): { body: string; headers: Record<string, string> } => ({
  body,
  headers: { 'content-type': 'application/json' },
});
const post = (path: string, body: unknown): Promise<Answer> =>
  send('POST', `${PERSONS}${path}`, { token, json: body });
const bulk = (body: unknown): Promise<Answer> => post('/bulk_delete/', body);

function refused(answer: Answer, code: FailureCode, attr?: string | null): void {
  const { status, type, title } = FAILURES[code];
  expect(answer.json, answer.text).toMatchObject({
    code,
    status,
    type,
    title,
    ...(attr === undefined ? {} : { attr }),
  });
  expect(answer.status).toBe(status);
}

/** Those that do not take the name and drop it. */
const strangersTo = (name: string) =>
  EVERY_METHOD.filter(({ operation: { dropped = [] } }) => !dropped.includes(name));

describe('Every operation', () => {
  test.each(DANGEROUS)('Every operation refuses the parameter %s', async (name) => {
    const calls = strangersTo(name).map(({ operation, method }) => callOf(operation, method));
    const answers = await together(calls, ({ method, target, json: body }) =>
      send(method, `${target}${target.includes('?') ? '&' : '?'}${encodeURIComponent(name)}=phc_other`, {
        token,
        ...(body === undefined ? {} : { json: body }),
      }),
    );
    for (const answer of answers) refused(answer, 'parameter_unknown', name);
  });

  test.each(DANGEROUS)('Every operation refuses the body field %s', async (name) => {
    const calls = strangersTo(name)
      .filter(({ method }) => method !== 'GET')
      .map(({ operation, method }) => callOf(operation, method));
    const answers = await together(calls, ({ method, path, operation }) => {
      const fields = JSON.stringify(operation.example).slice(1, -1);
      return send(method, path, {
        token,
        ...json(`{${fields}${fields === '' ? '' : ','}"${name}":"phc_other"}`),
      });
    });
    for (const [i, answer] of answers.entries()) {
      // A DELETE reads its arguments from the query: then any field at all is one too many.
      expect(answer, calls[i]!.name).toMatchObject({
        status: 400,
        json: { code: expect.stringMatching(/^field_unknown$|^body_invalid$/) as unknown },
      });
    }
  });

  test('Every operation refuses a parameter that is sent twice, even under two spellings', async () => {
    const calls = EVERY_METHOD.filter(({ method }) => method === 'GET').map(({ operation, method }) =>
      callOf(operation, method),
    );
    const twice = calls.flatMap(({ target }) => {
      const mark = target.includes('?') ? '&' : '?';
      return [`${target}${mark}format=json&format=json`, `${target}${mark}format=json&%66ormat=json`];
    });
    const answers = await together(twice, (target) => get(token, target));
    for (const answer of answers) refused(answer, 'parameter_repeated', 'format');
  });

  test('Every operation refuses a format that PostHog has and the gateway has not', async () => {
    for (const format of ['xml', 'api', 'JSON', '', 'csv ']) {
      const calls = EVERY_METHOD.map(({ operation, method }) => callOf(operation, method));
      const answers = await together(calls, ({ method, target, json: body }) =>
        send(method, `${target}${target.includes('?') ? '&' : '?'}format=${encodeURIComponent(format)}`, {
          token,
          ...(body === undefined ? {} : { json: body }),
        }),
      );
      for (const answer of answers) refused(answer, 'parameter_invalid', 'format');
    }
  });

  test('Every operation that names a person takes a number or a UUID, and says what to do with a distinct id', async () => {
    const named = EVERY_METHOD.filter(({ operation }) => operation.path.includes(':id'));
    const people = [
      'nonsense',
      '0',
      '-1',
      '1e3',
      '0x10',
      '01',
      '9'.repeat(16),
      `${ADA.uuid}0`,
      ADA.uuid.replaceAll('-', ''),
      'stickiness',
      '~',
      '@me',
    ];
    const calls = named.flatMap(({ operation, method }) =>
      people.map((person) => callOf(operation, method, { person })),
    );
    const answers = await together(calls, ({ method, target, json: body }) =>
      send(method, target, { token, ...(body === undefined ? {} : { json: body }) }),
    );
    for (const [i, answer] of answers.entries()) {
      // `persons/stickiness` is an operation of its own by GET, and a path without that method by others.
      if (calls[i]!.path.endsWith('/stickiness/')) expect([400, 405]).toContain(answer.status);
      else refused(answer, 'parameter_invalid', 'id');
    }
  });
});

describe('Bulk deletes', () => {
  test.each(BULK_MISTAKES)('A bulk delete with %s is refused', async (_, body, code, attr) => {
    refused(await bulk(body), code, attr);
  });

  test.each([
    ['a flag as text', `ids=["${ADA.uuid}"]&delete_events=False`, 'delete_events'],
    ['a flag as a number', `ids=["${ADA.uuid}"]&delete_events=1`, 'delete_events'],
    ['a flag without a value', `ids=["${ADA.uuid}"]&delete_events`, 'delete_events'],
    ['a flag in quotes', `ids=["${ADA.uuid}"]&delete_events="false"`, 'delete_events'],
    ['ids without a list', `ids=${ADA.uuid}`, 'ids'],
    ['ids with commas', `ids=${ADA.uuid},${BEN.uuid}`, 'ids'],
    ['ids in a list that is not closed', `ids=["${ADA.uuid}"`, 'ids'],
  ])('A bulk delete with %s in the query is refused', async (_, query, attr) => {
    const encoded = query.replaceAll('"', '%22').replaceAll('[', '%5B').replaceAll(']', '%5D');
    refused(await send('POST', `${PERSONS}/bulk_delete?${encoded}`, { token }), 'parameter_invalid', attr);
  });

  test.each([
    ['the same list with other ids', { ids: [BEN.uuid] }, 'ids'],
    ['the other list', { distinct_ids: ['ben@acme.test'] }, 'distinct_ids'],
  ])('A bulk delete with ids in the query and %s in the body is refused', async (_, body, attr) => {
    const path = `${PERSONS}/bulk_delete?${inQuery({ ids: [ADA.uuid] })}`;
    refused(await send('POST', path, { token, json: body }), 'input_conflict', attr);
  });

  test('A bulk delete with the brackets of other frameworks is refused', async () => {
    const path = `${PERSONS}/bulk_delete?ids%5B%5D=${ADA.uuid}`;
    refused(await send('POST', path, { token }), 'parameter_unknown', 'ids[]');
  });
});

describe('Parameters of a list', () => {
  test.each([
    ['limit=1001', 'limit'],
    ['limit=-1', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=1e1', 'limit'],
    ['limit=1.0', 'limit'],
    ['limit=1e2e2', 'limit'],
    ['limit=%2010%20x', 'limit'],
    ['limit=[10]', 'limit'],
    ['limit="10"', 'limit'],
    ['offset=-1', 'offset'],
    ['offset=99999999999999999999', 'offset'],
    ['include_total=yes', 'include_total'],
    ['search=a%00b', 'search'],
    [`search=${'x'.repeat(201)}`, 'search'],
    ['email=', 'email'],
    ['distinct_id=', 'distinct_id'],
    [`email=${'x'.repeat(255)}`, 'email'],
    [`distinct_id=${'x'.repeat(401)}`, 'distinct_id'],
  ])('A list with ?%s is refused', async (query, attr) => {
    const spelled = query.replaceAll('"', '%22').replaceAll('[', '%5B').replaceAll(']', '%5D');
    refused(await get(token, `${PERSONS}?${spelled}`), 'parameter_invalid', attr);
  });

  test.each([
    ['a percent sign alone', 'search=100%'],
    ['half an escape', 'search=%4'],
    ['no hex', 'search=%zz'],
    ['what is no UTF-8', 'search=%ff%fe'],
    ['an overlong slash', 'search=%c0%af'],
    ['half a surrogate pair', 'search=%ed%a0%80'],
    ['more characters than a URL may have', `search=${'%61'.repeat(6000)}`],
  ])('A list with %s in the query is refused', async (_, query) => {
    refused(await get(token, `${PERSONS}?${query}`), 'parameter_invalid');
  });
});

describe('Filters', () => {
  test.each(FILTER_MISTAKES)('A filter of the list is refused: %s', async (_, properties) => {
    const answer = await get(
      token,
      `${PERSONS}?properties=${encodeURIComponent(JSON.stringify(properties))}`,
    );
    refused(answer, 'parameter_invalid');
    expect((answer.json as { attr: string }).attr).toMatch(/^properties/);
  });

  test.each(INSIGHT_MISTAKES)(
    'A filter of a funnel is refused in the query and in the body: %s',
    async (name, args) => {
      const steps = {
        events: [{ id: 'signed up', type: 'events' }],
        funnel_step: name === 'step zero' ? 0 : 1,
        ...args,
      };
      const query = Object.entries(steps)
        .map(([key, value]) => `${key}=${encodeURIComponent(JSON.stringify(value))}`)
        .join('&');
      const [first = ''] = Object.keys(args);
      for (const answer of [await get(token, `${PERSONS}/funnel?${query}`), await post('/funnel', steps)]) {
        expect(answer.status, answer.text).toBe(400);
        const { attr, code } = answer.json as { attr: string | null; code: string };
        // A body that is nested too deep is not read far enough to name anything in it.
        if (code !== 'body_invalid') expect(attr).toMatch(new RegExp(`^${first}`));
      }
    },
  );
});

describe('Arguments of other operations', () => {
  test.each(BODY_MISTAKES)('A call is refused for its arguments: %s', async (_, path, body, code, attr) => {
    refused(await post(`/${path}`, body), code, attr);
  });

  test.each([
    ['cohorts', 'parameter_invalid', 'person_id'],
    ['cohorts?person_id=ada@acme.test', 'parameter_invalid', 'person_id'],
    ['values', 'parameter_invalid', 'key'],
    ['deletion_status?status=done', 'parameter_invalid', 'status'],
    ['deletion_status?person_uuid=100001', 'parameter_invalid', 'person_uuid'],
    ['properties_at_time?distinct_id=a', 'parameter_invalid', 'timestamp'],
    ['properties_at_time?distinct_id=a&timestamp=2026-01-05', 'parameter_invalid', 'timestamp'],
    ['properties_at_time?timestamp=2026-01-05T00:00:00Z', 'parameter_invalid', 'distinct_id'],
    ['activity?limit=all', 'parameter_invalid', 'limit'],
    ['activity?page=0', 'parameter_invalid', 'page'],
    ['activity?offset=10', 'parameter_unknown', 'offset'],
    ['lifecycle?lifecycle_type=new', 'parameter_invalid', 'target_date'],
    ['lifecycle?target_date=2026-01-05', 'parameter_invalid', 'lifecycle_type'],
    ['stickiness', 'parameter_invalid', 'stickiness_days'],
  ] as const)('A call GET %s is refused', async (path, code, attr) => {
    refused(await get(token, `${PERSONS}/${path}`), code, attr);
  });

  test.each([
    ['nothing', undefined],
    ['no properties', {}],
    ['an empty object', { properties: {} }],
    ['a list', { properties: ['plan'] }],
    ['null', { properties: null }],
    ['a property with an empty name', { properties: { '': 1 } }],
    ['NUL in a name', { properties: { 'a\u0000': 1 } }],
  ])('An update by %s is refused', async (_, body) => {
    const answer = await send('PATCH', pathOf(operationOf('persons_update')), {
      token,
      ...(body === undefined ? {} : { json: body }),
    });
    expect(answer, answer.text).toMatchObject({ status: 400 });
  });

  // PostHog would fail on these later, after saying 202, or the gateway would lose them on the way.
  test.each([
    ['NUL in a value', '"a\\u0000b"'],
    ['NUL deep in a value', '{"list":[{"deep":"\\u0000"}]}'],
    ['half a surrogate pair', '"\\ud800"'],
    ['half a surrogate pair in a name', '{"\\udc00x":1}'],
    ['a whole number that would lose digits', '12345678901234567890'],
    ['a whole number that would lose digits, in a list', '[0.5, -9007199254740993]'],
    ['a name that no reader keeps', '{"__proto__":{"admin":true}}'],
    ['a name that no reader keeps, escaped', '{"\\u005f_proto__":{"admin":true}}'],
  ])('A property with %s is refused', async (_, value) => {
    const update = await send('PATCH', pathOf(operationOf('persons_update')), {
      token,
      ...json(`{"properties":{"note":${value}}}`),
    });
    expect(update, update.text).toMatchObject({ status: 400 });
    const one = await send('POST', pathOf(operationOf('persons_update_property')), {
      token,
      ...json(`{"key":"note","value":${value}}`),
    });
    expect(one, one.text).toMatchObject({ status: 400 });
  });

  test('A property called __proto__ is refused, not lost', async () => {
    const body = json('{"properties":{"plan":"team","__proto__":{"plan":"pro"}}}');
    expect(await send('PATCH', pathOf(operationOf('persons_update')), { token, ...body })).toMatchObject({
      status: 400,
    });
  });
});

test('Every catalogue entry is called by this file', () => {
  expect(new Set(EVERY_METHOD.map(({ operation }) => operation))).toEqual(new Set(CATALOGUE));
});
