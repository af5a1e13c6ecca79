/** Operators with names and roles, over real HTTP. */
import { describe, expect, test } from 'vitest';
import { CONTROL_ROUTES } from '../../src/contract/routes.ts';
import type { ControlRoute } from '../../src/contract/control-route.ts';
import { includesRole, ROLES } from '../../src/core/operators.ts';
import { problem } from '../support/problem.ts';
import { ADMIN_TOKEN } from '../support/secrets.ts';
import { startStack } from '../support/stack.ts';

const TOKENS = {
  viewer: 'victors-token-of-the-tests-5512',
  operator: 'olgas-token-of-the-tests-881274',
  owner: 'odas-token-of-the-tests-00317465',
} as const;
const NAMES = { viewer: 'victor', operator: 'olga', owner: 'oda' } as const;

const { send, get, tenants, recorder, sandbox } = await startStack({
  bindings: {
    ADMIN_TOKENS: ROLES.map((role) => `${NAMES[role]}/${role}:${TOKENS[role]}`).join(','),
  },
});
for (const role of ROLES) recorder.secret(`the token of a ${role}`, TOKENS[role]);

const ADMIN_ROUTES = Object.entries<ControlRoute>(CONTROL_ROUTES).flatMap(([name, route]) =>
  route.plane === 'admin' ? [{ name, route, role: route.role }] : [],
);
const pathOf = ({ path }: ControlRoute, tenant: string): string =>
  path.replace(':tenant', tenant).replace(':id', `del_${'A'.repeat(22)}`);

describe('Roles', () => {
  test('A route of the admin plane that changes nothing takes any role, and one that changes something takes no viewer', () => {
    expect(ADMIN_ROUTES.length).toBeGreaterThan(20);
    for (const { name, route, role } of ADMIN_ROUTES)
      expect(role === 'viewer', name).toBe(route.method === 'GET');
  });

  test.each(ADMIN_ROUTES.filter(({ role }) => role !== 'viewer'))(
    'The route $name is refused to a role that is less than $role, with a code of its own and nothing done',
    async ({ route, role }) => {
      const { tenant, token } = await tenants.fresh();
      await sandbox.forget();
      const before = (await get(ADMIN_TOKEN, `/admin/v1/tenants/${tenant}`)).json;
      for (const one of ROLES.filter((other) => !includesRole(other, role))) {
        const refused = await send(route.method, pathOf(route, tenant), {
          token: TOKENS[one],
          ...(route.method === 'GET' ? {} : { json: { odd: true } }),
        });
        problem(refused, 'role_missing');
        expect(refused).toMatchObject({
          status: 403,
          json: { detail: `This needs the role ${role}, and ${NAMES[one]} has the role ${one}.` },
        });
      }
      expect(await sandbox.received()).toEqual([]);
      expect((await get(ADMIN_TOKEN, `/admin/v1/tenants/${tenant}`)).json).toEqual(before);
      expect((await get(token, '/v1/whoami')).status).toBe(200);
      expect(await tenants.log(tenant)).toEqual([]);
    },
  );

  test.each(ADMIN_ROUTES)(
    'The route $name lets its role $role through, and roles that include it',
    async ({ route, role }) => {
      for (const one of ROLES.filter((other) => includesRole(other, role))) {
        const answer = await send(route.method, pathOf(route, 'nobody-here'), {
          token: TOKENS[one],
          ...(route.method === 'GET' ? {} : { json: { odd: true } }),
        });
        expect([401, 403]).not.toContain(answer.status);
      }
    },
  );

  test('An operator suspends, mints and revokes, and only an owner registers and removes', async () => {
    const path = '/admin/v1/tenants/roled';
    const record = { name: 'Roled', project_id: 1, scopes: ['person:read'] };
    problem(await send('PUT', path, { token: TOKENS.operator, json: record }), 'role_missing');
    expect(await send('PUT', path, { token: TOKENS.owner, json: record })).toMatchObject({ status: 201 });
    const minted = await send('POST', `${path}/tokens`, { token: TOKENS.operator, json: { name: 'a' } });
    expect(minted.status).toBe(201);
    const { id } = minted.json as { id: string };
    expect((await send('POST', `${path}/suspend`, { token: TOKENS.operator })).status).toBe(200);
    problem(await send('PATCH', path, { token: TOKENS.operator, json: { name: 'x' } }), 'role_missing');
    expect((await send('DELETE', `${path}/tokens/${id}`, { token: TOKENS.operator })).status).toBe(204);
    expect((await get(TOKENS.viewer, `${path}/tokens`)).status).toBe(200);
    problem(await send('DELETE', path, { token: TOKENS.operator }), 'role_missing');
    expect((await send('DELETE', path, { token: ADMIN_TOKEN })).status).toBe(204);
  });
});

const whoIs = (token: string) => get(token, '/admin/v1/operator');

describe('Who one is', () => {
  test('An operator is told its name and its role, and a credential that is another one for every token and tells nothing of it', async () => {
    const answers = await Promise.all(ROLES.map((role) => whoIs(TOKENS[role])));
    for (const [at, role] of ROLES.entries()) {
      const { credential, ...who } = (answers[at]?.json ?? {}) as Record<string, unknown>;
      expect(who).toEqual({ name: NAMES[role], role });
      expect(credential).toMatch(/^[\w-]{22}$/);
    }
    const admin = await whoIs(ADMIN_TOKEN);
    expect(admin.json).toMatchObject({ name: 'admin', role: 'owner' });
    const credentials = [...answers, admin].map(({ json }) => (json as { credential: string }).credential);
    expect(new Set(credentials).size).toBe(ROLES.length + 1);
    expect((await whoIs(TOKENS.viewer)).json).toEqual(answers[0]?.json);
    problem(await whoIs('wrong-but-well-formed'), 'admin_token_invalid');
  });
});

describe('Names', () => {
  test('The log line of a request on the admin plane names the operator, and holds no admin token', async () => {
    const { headers } = await get(TOKENS.viewer, '/admin/v1/fuse');
    const id = headers['x-request-id'] ?? 'none';
    await expect
      .poll(() => recorder.lines.find((line) => line.includes(id)))
      .toContain('"operator":"victor"');
  });

  test('A wrong admin token is answered alike whether it looks like one of an operator or not', async () => {
    const answers = [
      await get('wrong-but-well-formed', '/admin/v1/fuse'),
      await get(TOKENS.viewer.slice(0, -1), '/admin/v1/fuse'),
      await get('victor', '/admin/v1/fuse'),
    ];
    for (const answer of answers) problem(answer, 'admin_token_invalid');
    const texts = answers.map(({ json }) => (json as { detail: string }).detail);
    expect(texts[1]).toEqual(texts[0]);
    expect(texts[2]).toEqual(texts[0]);
  });
});
