/** What clients of PostHog look for before they start, over real HTTP. */
import { beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { problem } from '../support/problem.ts';
import { ADMIN_TOKEN } from '../support/secrets.ts';
import { startStack } from '../support/stack.ts';
import { PAGE } from '../support/tenants.ts';

const { send, get, tenants, sandbox } = await startStack();

beforeEach(() => sandbox.forget());

const PATHS = [
  '/api/projects/',
  '/api/projects/1/',
  '/api/users/@me/',
  '/api/personal_api_keys/@current/',
] as const;

/** What a published server for language models holds these answers to before it starts. */
const Project = z.object({ id: z.number(), name: z.string(), organization: z.string().uuid() });
const LOOKED_FOR = [
  z.object({
    count: z.number().nullish(),
    next: z.string().nullish(),
    previous: z.string().nullish(),
    results: z.array(Project),
  }),
  Project,
  z.object({
    distinct_id: z.string(),
    organizations: z.array(z.object({ id: z.string().uuid() })),
    team: z.object({ id: z.number(), organization: z.string().uuid() }),
    organization: z.object({ id: z.string().uuid() }),
  }),
  z.object({
    scopes: z.array(z.string()),
    scoped_teams: z.array(z.number()),
    scoped_organizations: z.array(z.string()),
  }),
] as const;

describe('Clients that look around first', () => {
  test.each(PATHS.map((path, nth) => [path, nth] as const))(
    'The path %s is answered from the token in the shape that clients read, with and without its last slash, and PostHog is not asked',
    async (path, nth) => {
      const { token } = await tenants.fresh({
        name: 'Acme Corp',
        slice: { property: 'tenant_id', value: 'acme' },
      });
      const answer = await get(token, path);
      expect(answer.status, answer.text).toBe(200);
      expect(LOOKED_FOR[nth]?.safeParse(answer.json).error?.issues ?? []).toEqual([]);
      expect((await get(token, path.slice(0, -1))).json).toEqual(answer.json);
      expect(await sandbox.received()).toEqual([]);
    },
  );

  test('The answers say the project, the tenant and the scopes of the token, and no other project', async () => {
    const { tenant } = await tenants.fresh({ name: 'Acme Corp', project_id: 2 });
    const { token, id } = await tenants.mint(tenant, { scopes: ['person:read', 'person:write'] });
    const project = { id: 2, name: 'Project 2', api_token: null };
    expect((await get(token, '/api/projects/')).json).toMatchObject({
      count: 1,
      next: null,
      results: [project],
    });
    expect((await get(token, '/api/projects/?limit=10&offset=1')).json).toMatchObject({
      count: 1,
      results: [],
    });
    expect((await get(token, '/api/projects/2/')).json).toMatchObject(project);
    expect((await get(token, '/api/users/@me/')).json).toMatchObject({
      distinct_id: id,
      first_name: 'Acme Corp',
      email: '',
      team: project,
      organization: { name: 'Acme Corp' },
    });
    const key = (await get(token, '/api/personal_api_keys/@current/')).json as { scopes: string[] };
    expect(key).toMatchObject({ id, label: 'Acme Corp', value: null, scoped_teams: [2] });
    expect(key.scopes).toEqual(expect.arrayContaining(['person:read', 'person:delete', 'person:write']));
    const reader = await tenants.derive(token, { scopes: ['person:read', 'person:update'] });
    expect((await get(reader.token, '/api/personal_api_keys/@current/')).json).toMatchObject({
      id: reader.id,
      scopes: ['person:read', 'person:update'],
    });
  });

  test('Another project is refused as everywhere, and what is no number of one leads nowhere', async () => {
    const { token } = await tenants.fresh();
    problem(await get(token, '/api/projects/2/'), 'project_not_granted', 'project_id');
    for (const odd of ['@current', '0', '01', 'x', '2147483648'])
      problem(await get(token, `/api/projects/${odd}/`), 'path_unknown', 'project_id');
    problem(await get(token, '/api/projects/?organization=1'), 'parameter_unknown', 'organization');
    problem(await get(token, '/api/users/@me/?x=1'), 'parameter_unknown', 'x');
    expect(await sandbox.received()).toEqual([]);
  });

  test('A request without a good token, of a foreign origin, or by another method is refused', async () => {
    const { token, tenant } = await tenants.fresh();
    for (const path of PATHS) {
      problem(await send('GET', path), 'token_missing');
      problem(await get(ADMIN_TOKEN, path), 'token_malformed');
      problem(
        await get(token, path, { headers: { origin: 'https://evil.example' } }),
        'origin_not_allowed',
        'Origin',
      );
      expect((await get(token, path, { headers: { origin: PAGE } })).status).toBe(200);
      for (const method of ['POST', 'PATCH', 'DELETE'])
        problem(await send(method, path, { token, json: {} }), 'method_unknown');
    }
    await send('POST', `/admin/v1/tenants/${tenant}/suspend`, { token: ADMIN_TOKEN });
    for (const path of PATHS) problem(await get(token, path), 'tenant_suspended');
    expect(await sandbox.received()).toEqual([]);
  });
});
