/** The way of a persons call: the order of its checks, what it costs, and that `/v1/explain` says what the call says. */
import { request as httpRequest } from 'node:http';
import { beforeEach, describe, expect, test } from 'vitest';
import { ADA, CYD } from '../../src/sandbox/seed/names.ts';
import { everyCall } from '../support/calls.ts';
import { together, type Answer } from '../support/client.ts';
import { PERSONS, SLICE, startWorlds } from '../support/generations.ts';
import { KEY } from '../support/secrets.ts';
import { problem } from '../support/problem.ts';

const worlds = await startWorlds();
const ofB = worlds.find(({ generation }) => generation === 'B')!;
const { send, get, sandbox, tenants, recorder, origin, admin } = ofB;
const EVIL = { headers: { origin: 'https://evil.example' } };
const UUIDS = Array.from(
  { length: 250 },
  (_, nth) => `0190c0de-0000-7000-8000-${String(nth).padStart(12, '0')}`,
);

beforeEach(() => ofB.reset());

/** A request whose body is sent only after `meanwhile` is done. */
function heldBack(
  path: string,
  token: string,
  body: string,
  meanwhile: () => Promise<unknown>,
): Promise<Answer> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': String(body.length),
    };
    const asked = httpRequest({ hostname, port, method: 'POST', path, headers, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const json: unknown = JSON.parse(text === '' ? 'null' : text);
        resolve({ status: incoming.statusCode ?? 0, headers: {}, text, json });
      });
    });
    asked.on('error', reject);
    asked.write(body.slice(0, 1));
    meanwhile().then(() => asked.end(body.slice(1)), reject);
  });
}

describe('The order of checks', () => {
  test('An origin that is not granted is refused before everything else of the grant, and reads nothing', async () => {
    const { token } = await tenants.fresh({ scopes: ['cohort:read'], ...SLICE });
    const calls = everyCall({ project: 2, person: 'not-a-person', args: { nonsense: true } });
    const answers = await together(calls, (call) => send(call.method, call.target, { token, ...EVIL }));
    for (const answer of answers) {
      problem(answer, 'origin_not_allowed', 'Origin');
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    }
    expect(await sandbox.received()).toEqual([]);
  });

  test('The tenant plane refuses the same origin with the same code', async () => {
    const { token } = await tenants.fresh({ project_id: 2 });
    problem(await get(token, '/v1/whoami', EVIL), 'origin_not_allowed', 'Origin');
  });

  test('A refusal that comes after the origin was granted can be read by the page', async () => {
    const { token } = await tenants.fresh();
    const page = { headers: { origin: 'https://app.acme.example' } };
    const answer = await get(token, '/api/projects/2/persons/', page);
    problem(answer, 'project_not_granted', 'project_id');
    expect(answer.headers['access-control-allow-origin']).toBe('https://app.acme.example');
  });
});

describe('Bodies that are held back', () => {
  test('A call is not forwarded when its token is revoked before its body ends', async () => {
    const { token, id, tenant } = await tenants.fresh();
    const answer = await heldBack(
      `${PERSONS}/${ADA.uuid}/update_property/`,
      token,
      '{"key":"plan","value":"x"}',
      () => admin('DELETE', `/${tenant}/tokens/${id}`),
    );
    expect(answer).toMatchObject({ status: 401, json: { code: 'token_revoked' } });
    expect(await sandbox.received()).toEqual([]);
  });

  test('A body held back writes nothing into the log of the tenant registered under the name meanwhile', async () => {
    const { token, tenant } = await tenants.fresh();
    const answer = await heldBack(`${PERSONS}/bulk_delete/`, token, `{"ids":["${ADA.uuid}"]}`, async () => {
      await admin('DELETE', `/${tenant}`);
      await tenants.put(tenant);
    });
    expect(answer.status).toBe(401);
    expect(await sandbox.received()).toEqual([]);
    expect(await tenants.log(tenant)).toEqual([]);
  });

  test('A body held back is held to the slice that its tenant was narrowed to meanwhile', async () => {
    const { token, tenant } = await tenants.fresh();
    const answer = await heldBack(`${PERSONS}/bulk_delete/`, token, `{"ids":["${CYD.uuid}"]}`, () =>
      tenants.put(tenant, SLICE),
    );
    expect(answer.status).toBe(202);
    expect((await sandbox.state()).persons.map(({ uuid }) => uuid)).toContain(CYD.uuid);
  });
});

/** Requests left of the tenant's burst; asking costs one. A token that was never used is leased nothing. */
async function remaining(tenant: string): Promise<number> {
  const { token } = await tenants.mint(tenant);
  return ((await get(token, '/v1/whoami')).json as { limits: { remaining: number }[] }).limits[0]!.remaining;
}

describe('The cost of a call', () => {
  const slow = { rate: { requests_per_minute: 1, burst: 100 } };

  test.each([
    ['a list', 0, (token: string) => get(token, `${PERSONS}/?limit=1`)],
    [
      'a write to one person',
      1,
      (token: string) =>
        send('POST', `${PERSONS}/${ADA.uuid}/update_property/`, { token, json: { key: 'plan', value: 'x' } }),
    ],
    [
      'a bulk delete of 250 persons',
      2,
      (token: string) => send('POST', `${PERSONS}/bulk_delete/`, { token, json: { ids: UUIDS } }),
    ],
  ] as const)('The cost of a sliced call counts every look-up of %s', async (_, lookups, make) => {
    const { tenant, token } = await tenants.fresh({ ...SLICE, ...slow });
    const before = await remaining(tenant);
    await make(token);
    // The second look at what is left is a request too.
    expect(before - (await remaining(tenant))).toBe(1 + lookups + 1);
  });

  test('The cost of a call is one request for a grant of the whole project, whatever it deletes', async () => {
    const { tenant, token } = await tenants.fresh(slow);
    const before = await remaining(tenant);
    await send('POST', `${PERSONS}/bulk_delete/`, { token, json: { ids: UUIDS } });
    expect(before - (await remaining(tenant))).toBe(2);
  });

  test('A call whose look-ups do not fit into the rate is refused before PostHog is asked, and nothing is logged', async () => {
    const { token, tenant } = await tenants.fresh({ ...SLICE, rate: { requests_per_minute: 1, burst: 2 } });
    await get(token, '/v1/whoami');
    problem(await send('POST', `${PERSONS}/bulk_delete/`, { token, json: { ids: UUIDS } }), 'rate_limited');
    expect(await sandbox.received()).toEqual([]);
    expect(await tenants.log(tenant)).toEqual([]);
  });
});

describe('HEAD', () => {
  test('HEAD of a listing asks PostHog for no rows and has one log line', async () => {
    const { token } = await tenants.fresh();
    recorder.lines.length = 0;
    const answer = await send('HEAD', `${PERSONS}/?limit=2`, { token });
    expect(answer).toMatchObject({ status: 200, text: '' });
    expect(await sandbox.received()).toEqual([]);
    expect(recorder.lines.filter((line) => line.includes('"method":"HEAD"'))).toHaveLength(1);
  });
});

describe('Accept: text/csv', () => {
  test('The header Accept: text/csv asks for a table where there is one, as format=csv does', async () => {
    const { token } = await tenants.fresh();
    const accept = { headers: { accept: 'text/csv' } };
    const asked = await get(token, `${PERSONS}/?limit=2`, accept);
    expect(asked.headers['content-type']).toMatch(/^text\/csv/);
    expect(asked.text).toBe((await get(token, `${PERSONS}/?limit=2&format=csv`)).text);
    expect((await get(token, `${PERSONS}/${ADA.uuid}/`, accept)).json).toMatchObject({ uuid: ADA.uuid });
  });

  test.each([
    ['text/csv;q=1, */*;q=0.1', 'text/csv'],
    ['TEXT/CSV; charset=utf-8', 'text/csv'],
    ['application/json;q=0.5, text/csv', 'text/csv'],
    ['text/csv, application/json', 'application/json'],
    ['text/csv;q=0.5, */*', 'application/json'],
    ['text/csv;q=0', 'application/json'],
    ['application/json, text/plain, */*', 'application/json'],
  ])('A listing asked for with the header Accept: %s is answered as %s', async (accept, type) => {
    const { token } = await tenants.fresh();
    const answer = await get(token, `${PERSONS}/?limit=1`, { headers: { accept } });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(new RegExp(`^${type}`));
  });
});

test.each(['/persons.csv', '/persons.json', '/persons/funnel.csv'])(
  'A format behind the path, as in %s, is refused with the parameter to send instead',
  async (path) => {
    const { token } = await tenants.fresh();
    const answer = await get(token, `/api/projects/1${path}`);
    problem(answer, 'path_unknown', 'format');
    expect(answer.text).toContain('?format=csv');
    expect(await sandbox.received()).toEqual([]);
  },
);

describe("Refusals of the gateway's own key", () => {
  test("A refusal of the gateway's key is a 502 for the caller, and its log line names the scope", async () => {
    await ofB.reset({ keys: [{ key: KEY, scopes: ['cohort:read'] }] });
    const { token } = await tenants.fresh();
    recorder.lines.length = 0;
    const answer = await get(token, `${PERSONS}/?limit=1`);
    problem(answer, 'upstream_scope_missing');
    expect(answer.text).not.toContain('person:read');
  });
});

describe('/v1/explain', () => {
  test.each(worlds)(
    'Explain refuses in generation $generation what the call itself refuses, with the same code',
    async (other) => {
      await other.reset();
      const { token } = await other.tenants.fresh({ ...SLICE, properties: { hidden: ['plan'] } });
      const deletions = ['keep_person', 'delete_recordings', 'delete_events'].map((flag) => ({
        method: 'POST',
        path: `${PERSONS}/bulk_delete/`,
        body: { ids: [ADA.uuid], [flag]: true },
      }));
      const others = everyCall().map(({ method, target, json }) => ({ method, path: target, body: json }));
      for (const described of [...deletions, ...others]) {
        const explained = (await other.send('POST', '/v1/explain', { token, json: described })).json as {
          allowed: boolean;
          reason: { code: string } | null;
        };
        const { method, path, body } = described;
        const answer = await other.send(method, path, {
          token,
          ...(body === undefined ? {} : { json: body }),
        });
        const said = (answer.json as { code?: string } | undefined)?.code ?? null;
        const what = `${method} ${path} ${JSON.stringify(body)}`;
        if (explained.allowed)
          expect(['not_sliceable', 'property_hidden', 'generation_lacks'], what).not.toContain(said);
        else expect(said, what).toBe(explained.reason?.code);
      }
    },
  );
});
