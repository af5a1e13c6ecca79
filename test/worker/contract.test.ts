/** The gateway answers its own routes as its document describes them. */
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { CONTROL_ROUTE_NAMES, type ControlRouteName } from '../../src/contract/routes.ts';
import { BEN, CYD } from '../../src/sandbox/seed/names.ts';
import type { Answer } from '../support/client.ts';
import { ADMIN_TOKEN } from '../support/secrets.ts';
import { startStack } from '../support/stack.ts';

const { send, get, admin, tenants, sandbox } = await startStack();

type JsonSchema = Record<string, unknown>;
interface Operation {
  readonly operationId: string;
  readonly responses: Record<string, { readonly content?: Record<string, { readonly schema: JsonSchema }> }>;
}
const document = (await send('GET', '/openapi.json')).json as {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: JsonSchema };
};
const operations = new Map(
  Object.values(document.paths)
    .flatMap((item) => Object.values(item))
    .map((operation) => [operation.operationId, operation]),
);

/** A schema in which an object holds the members it lists and no others. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const members = Object.entries(schema).map(([name, member]) => [
    name,
    name === '$ref' ? String(member).replace('#/components/schemas/', '#/$defs/') : closed(member),
  ]);
  const copy = Object.fromEntries(members) as JsonSchema;
  return 'properties' in copy && !('additionalProperties' in copy)
    ? { ...copy, additionalProperties: false }
    : copy;
}

/** The schema of the JSON that a route answers with that status; null where it answers none. */
function schemaOf(name: ControlRouteName, status: number): z.ZodType | null {
  const response = operations.get(name)?.responses[String(status)];
  if (response === undefined) throw new Error(`${name} is not described with status ${status}`);
  const schema = (response.content?.['application/json'] ?? response.content?.['text/event-stream'])?.schema;
  if (schema === undefined) return null;
  const whole = closed({ ...schema, $defs: document.components.schemas });
  return z.fromJSONSchema(whole as Parameters<typeof z.fromJSONSchema>[0]);
}

/** The JSON of an answer; of a stream, that of its first event. */
const shownBy = ({ json, text }: Answer): unknown =>
  json ?? JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? 'null');

const RECORD = {
  slice: { property: 'tenant_id', value: ['acme', 'birch'] },
  properties: { hidden: ['ssn'], visible: ['email', 'tenant_id'] },
};
const OWN_ORIGINS = { max: 5, patterns: ['https://acme-*.vercel.app'], localhost: true };
const SCOPES = { scopes: ['person:read', 'person:delete'] };

/** However often a delete by one of these names is sent, it has no known end. */
async function failDeletesOf(...names: string[]): Promise<void> {
  for (const name of names)
    await sandbox.fault({ kind: 'status', path_contains: 'bulk_delete', body_contains: name, times: 1000 });
}

interface World {
  readonly tenant: string;
  readonly token: string;
  readonly child: string;
  readonly deletions: readonly string[];
}

/** A tenant that has one of everything: a derived token with limits of its own, deletions that ended and one that did not. */
async function populated(record: object): Promise<World> {
  await sandbox.reset();
  const { tenant, token } = await tenants.fresh({ ...record });
  const child = await tenants.derive(token, {
    ...SCOPES,
    rate: { requests_per_minute: 60, burst: 20 },
    deletes: { persons_per_day: 5 },
    not_before: new Date(Date.now() - 1000).toISOString(),
  });
  const remove = async (id: string) => {
    const path = '/api/projects/1/persons/bulk_delete';
    const { headers } = await send('POST', path, { token, json: { distinct_ids: [id] } });
    return headers['hedgerow-deletion'] ?? '';
  };
  const settled = await remove('ada@acme.test');
  await failDeletesOf(BEN.uuid, 'ben@acme.test');
  const unknown = await remove('ben@acme.test');
  return { tenant, token, child: child.id, deletions: [settled, unknown] };
}

type Call = (world: World) => Promise<Answer>;
const deletionIn = (world: World, nth: number) => world.deletions[nth] ?? '';

const created = (answer: Answer): string => (answer.json as { id: string }).id;

let added = 0;

/** A new person of the tenant. */
async function somebody(): Promise<{ readonly uuid: string; readonly distinct_ids: readonly string[] }> {
  added += 1;
  const uuid = `0190c0de-0001-7000-9000-${String(added).padStart(12, '0')}`;
  const person = { uuid, distinct_ids: [`somebody-${added}`] };
  await sandbox.addPersons([{ ...person, project_id: 1, properties: { tenant_id: 'acme' } }]);
  return person;
}

/** A deletion that waits for the approval of the operator. */
async function waiting({ tenant, token }: World): Promise<string> {
  const { distinct_ids } = await somebody();
  await admin('PATCH', `/${tenant}`, { deletes: { approval_over: 0 } });
  const answer = await send('POST', '/v1/deletions', { token, json: { distinct_ids } });
  await admin('PATCH', `/${tenant}`, { deletes: { approval_over: null } });
  return created(answer);
}

/** A deletion that is previewed, of somebody new. */
async function previewed({ token }: World): Promise<Answer> {
  const { distinct_ids } = await somebody();
  return send('POST', '/v1/deletions?preview=true', { token, json: { distinct_ids } });
}

/** One that has ended, so that its stream ends too. */
async function cancelled(world: World): Promise<string> {
  const id = await waiting(world);
  await send('POST', `/v1/deletions/${id}/cancel`, { token: world.token });
  return id;
}

/** Every route is called; one that is added does not compile until it is called here. */
const CALLS: Readonly<Record<ControlRouteName, readonly Call[]>> = {
  landing: [],
  health: [() => send('GET', '/healthz')],
  openapi: [],
  whoami: [({ token }) => get(token, '/v1/whoami')],
  explain: [
    ({ token }) =>
      send('POST', '/v1/explain', {
        token,
        json: { method: 'GET', path: '/api/projects/1/persons?limit=1' },
      }),
    ({ token }) => send('POST', '/v1/explain', { token, json: { method: 'GET', path: '/nowhere' } }),
  ],
  admin_explain: [
    ({ tenant }) => admin('GET', `/${tenant}/explain?method=GET&path=/api/projects/1/persons/`),
    ({ tenant }) => admin('GET', `/${tenant}/explain?method=GET&path=/nowhere`),
  ],
  admin_list_refusals: [
    async ({ tenant, token }) => {
      await get(token, '/api/projects/2/persons/');
      return admin('GET', `/${tenant}/refusals`);
    },
  ],
  list_usage: [({ token }) => get(token, '/v1/usage')],
  admin_list_usage: [({ tenant }) => admin('GET', `/${tenant}/usage?by=day`)],
  derive_token: [({ token }) => send('POST', '/v1/tokens', { token, json: { name: 'a page' } })],
  replace_token: [({ token }) => send('POST', '/v1/tokens/replace', { token, json: {} })],
  admin_replace_token: [
    async ({ tenant }) => {
      const { id } = await tenants.mint(tenant);
      return admin('POST', `/${tenant}/tokens/${id}/replace`, { overlap_seconds: 0 });
    },
  ],
  self_revoke: [
    async ({ token }) => {
      const { token: child } = await tenants.derive(token);
      return send('POST', '/v1/tokens/self-revoke', { token: child });
    },
  ],
  revoke_token: [({ token, child }) => send('DELETE', `/v1/tokens/${child}`, { token })],
  list_deletions: [({ token }) => get(token, '/v1/deletions')],
  list_refused_deletions: [
    async ({ token }) => {
      const { token: child } = await tenants.derive(token, { deletes: { events: false } });
      const json = { ids: [CYD.uuid], delete_events: true };
      await send('POST', '/api/projects/1/persons/bulk_delete', { token: child, json });
      return get(token, '/v1/deletions/refused');
    },
  ],
  admin_list_refused_deletions: [({ tenant }) => admin('GET', `/${tenant}/deletions/refused`)],
  admin_list_all_deletions: [() => send('GET', '/admin/v1/deletions?limit=3', { token: ADMIN_TOKEN })],
  watch_deletion: [async (world) => get(world.token, `/v1/deletions/${await cancelled(world)}/events`)],
  list_deletion_ids: [(world) => get(world.token, `/v1/deletions/${deletionIn(world, 0)}/ids`)],
  create_deletion: [
    ({ token }) => send('POST', '/v1/deletions', { token, json: { ids: [CYD.uuid] } }),
    (world) => previewed(world),
  ],
  get_deletion_preview: [
    async (world) => {
      const made = await previewed(world);
      return get(world.token, `/v1/deletions/${created(made)}/preview`);
    },
  ],
  confirm_deletion: [
    async (world) => {
      const made = await previewed(world);
      const { preview } = made.json as { preview: { digest: string } };
      const json = { digest: preview.digest };
      return send('POST', `/v1/deletions/${created(made)}/confirm`, { token: world.token, json });
    },
  ],
  cancel_deletion: [
    async (world) =>
      send('POST', `/v1/deletions/${await waiting(world)}/cancel`, {
        token: world.token,
        json: { reason: 'x' },
      }),
  ],
  get_deletion: [
    (world) => get(world.token, `/v1/deletions/${deletionIn(world, 0)}`),
    (world) => get(world.token, `/v1/deletions/${deletionIn(world, 1)}`),
  ],
  list_projects: [
    ({ token }) => get(token, '/api/projects/'),
    ({ token }) => get(token, '/api/projects?offset=1'),
  ],
  get_project: [({ token }) => get(token, '/api/projects/1/')],
  get_user: [({ token }) => get(token, '/api/users/@me/')],
  get_personal_api_key: [({ token }) => get(token, '/api/personal_api_keys/@current/')],
  get_origins: [({ token }) => get(token, '/v1/origins')],
  put_origins: [
    async ({ tenant, token }) => {
      await admin('PATCH', `/${tenant}`, { own_origins: OWN_ORIGINS });
      const origins = ['https://preview.acme.example', 'https://acme-7-*.vercel.app'];
      return send('PUT', '/v1/origins', { token, json: { origins } });
    },
    async ({ tenant, token }) => {
      await admin('PATCH', `/${tenant}`, { own_origins: { patterns: null } });
      const listed = await get(token, '/v1/origins');
      await admin('PATCH', `/${tenant}`, { own_origins: OWN_ORIGINS });
      return listed;
    },
  ],
  start_development: [
    async ({ tenant, token }) => {
      await admin('PATCH', `/${tenant}`, { own_origins: OWN_ORIGINS });
      return send('PUT', '/v1/origins/development', { token, json: { seconds: 60 } });
    },
  ],
  end_development: [({ token }) => send('DELETE', '/v1/origins/development', { token })],
  admin_get_origins: [({ tenant }) => admin('GET', `/${tenant}/origins`)],
  admin_list_origin_changes: [
    ({ tenant }) => admin('GET', `/${tenant}/origins/changes`),
    ({ tenant }) => admin('GET', `/${tenant}/origins/changes?limit=1`),
  ],
  admin_list_tenants: [() => admin('GET', ''), () => admin('GET', '?removed=true')],
  admin_put_tenant: [
    ({ tenant }) => admin('PUT', `/${tenant}-too`, { name: 'C', project_id: 1, ...SCOPES }),
    ({ tenant }) => admin('PUT', `/${tenant}-too`, { name: 'C', project_id: 1, ...SCOPES, ...RECORD }),
  ],
  admin_get_tenant: [({ tenant }) => admin('GET', `/${tenant}`)],
  admin_patch_tenant: [({ tenant }) => admin('PATCH', `/${tenant}`, { name: 'Renamed' })],
  admin_suspend_tenant: [({ tenant }) => admin('POST', `/${tenant}-too/suspend`)],
  admin_resume_tenant: [({ tenant }) => admin('POST', `/${tenant}-too/resume`)],
  admin_list_alarms: [() => send('GET', '/admin/v1/alarms?limit=5', { token: ADMIN_TOKEN })],
  admin_test_alarm: [() => send('POST', '/admin/v1/alarms/test', { token: ADMIN_TOKEN })],
  admin_get_operator: [() => send('GET', '/admin/v1/operator', { token: ADMIN_TOKEN })],
  admin_list_changes: [() => send('GET', '/admin/v1/audit', { token: ADMIN_TOKEN })],
  admin_check: [() => send('GET', '/admin/v1/check', { token: ADMIN_TOKEN })],
  admin_get_upstream: [() => send('GET', '/admin/v1/upstream', { token: ADMIN_TOKEN })],
  admin_mint_token: [({ tenant }) => admin('POST', `/${tenant}/tokens`, { name: 'x', ...SCOPES })],
  admin_list_tokens: [({ tenant }) => admin('GET', `/${tenant}/tokens`)],
  admin_revoke_token: [
    async ({ tenant }) => {
      const { id } = await tenants.mint(tenant);
      return admin('DELETE', `/${tenant}/tokens/${id}`);
    },
  ],
  admin_list_deletions: [({ tenant }) => admin('GET', `/${tenant}/deletions`)],
  admin_get_deletion: [
    (world) => admin('GET', `/${world.tenant}/deletions/${deletionIn(world, 0)}`),
    (world) => admin('GET', `/${world.tenant}/deletions/${deletionIn(world, 1)}`),
  ],
  admin_watch_deletion: [
    async (world) => admin('GET', `/${world.tenant}/deletions/${await cancelled(world)}/events`),
  ],
  admin_get_deletion_preview: [
    async (world) => {
      const made = await previewed(world);
      return admin('GET', `/${world.tenant}/deletions/${created(made)}/preview`);
    },
  ],
  admin_list_deletion_ids: [
    (world) => admin('GET', `/${world.tenant}/deletions/${deletionIn(world, 0)}/ids`),
  ],
  admin_cancel_deletion: [
    async (world) => admin('POST', `/${world.tenant}/deletions/${await waiting(world)}/cancel`),
  ],
  admin_approve_deletion: [
    async (world) => admin('POST', `/${world.tenant}/deletions/${await waiting(world)}/approve`),
  ],
  admin_reject_deletion: [
    async (world) =>
      admin('POST', `/${world.tenant}/deletions/${await waiting(world)}/reject`, { reason: 'x' }),
  ],
  admin_abandon_deletion: [
    async (world) => {
      const { uuid } = await somebody();
      await failDeletesOf(uuid);
      const path = '/api/projects/1/persons/bulk_delete';
      const { headers } = await send('POST', path, { token: world.token, json: { ids: [uuid] } });
      const id = headers['hedgerow-deletion'] ?? '';
      return admin('POST', `/${world.tenant}/deletions/${id}/abandon`, { reason: 'x' });
    },
  ],
  admin_get_fuse: [() => send('GET', '/admin/v1/fuse', { token: ADMIN_TOKEN })],
  admin_reset_fuse: [
    () => send('POST', '/admin/v1/fuse/reset', { token: ADMIN_TOKEN, json: { reason: 'agreed on' } }),
  ],
  admin_delete_tenant: [({ tenant }) => admin('DELETE', `/${tenant}`)],
};

/** Removing the tenant comes last: the other calls need it. */
const IN_ORDER = CONTROL_ROUTE_NAMES.filter((name) => CALLS[name].length > 0).toSorted(
  (a, b) => Number(a === 'admin_delete_tenant') - Number(b === 'admin_delete_tenant'),
);
const SUCCESSES = new Set([200, 201, 202, 204]);

describe.each([
  ['of a whole project', {}],
  ['with a slice and property rules', RECORD],
])('A tenant %s', async (_, record) => {
  const world = await populated(record);
  test.each(IN_ORDER)(
    'The answer of %s has the members that the document describes, and no others',
    async (name) => {
      for (const call of CALLS[name]) {
        const answered = await call(world);
        expect(SUCCESSES, answered.text).toContain(answered.status);
        const schema = schemaOf(name, answered.status);
        if (schema === null) expect(answered.text).toBe('');
        else expect(schema.safeParse(shownBy(answered)).error?.issues ?? [], answered.text).toEqual([]);
      }
    },
  );
});

describe('The document', () => {
  test('The document is not sent again to a client that has it', async () => {
    const { headers, text } = await send('GET', '/openapi.json');
    expect(headers).toMatchObject({ etag: expect.stringMatching(/^"[0-9a-f]{32}"$/) as unknown });
    expect(text.length).toBeGreaterThan(10_000);
    for (const tag of [headers['etag'], `W/${headers['etag']}`, `"other", ${headers['etag']}`, '*']) {
      const again = await send('GET', '/openapi.json', { headers: { 'if-none-match': tag ?? '' } });
      expect(again).toMatchObject({ status: 304, text: '', headers: { etag: headers['etag'] } });
    }
    const other = await send('GET', '/openapi.json', { headers: { 'if-none-match': '"other"' } });
    expect(other).toMatchObject({ status: 200, text });
  });

  test('The document is the same under every host name', async () => {
    const { text } = await send('GET', '/openapi.json');
    const elsewhere = await send('GET', '/openapi.json', { headers: { host: 'elsewhere.example' } });
    expect(elsewhere).toMatchObject({ status: 200, text });
    expect(text).not.toContain('elsewhere');
  });
});
