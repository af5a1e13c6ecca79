/** The check of PostHog over HTTP: host, key, scopes and projects, each good and each bad, with nothing changed. */
import { describe, expect, test } from 'vitest';
import type { UpstreamCheck } from '../../src/contract/upstream/check.ts';
import { problem } from '../support/problem.ts';
import { ADMIN_TOKEN, KEY } from '../support/secrets.ts';
import { startStack } from '../support/stack.ts';

const { send, tenants, sandbox } = await startStack();

const ask = (path: string) => send('GET', `/admin/v1${path}`, { token: ADMIN_TOKEN });
const checked = async (query = '?project_id=1'): Promise<UpstreamCheck> => {
  const answer = await ask(`/check${query}`);
  expect(answer.status, answer.text).toBe(200);
  return answer.json as UpstreamCheck;
};
const keyWith = (scopes: string[], projects?: number[]) =>
  sandbox.reset({ keys: [{ key: KEY, scopes, ...(projects === undefined ? {} : { projects }) }] });
/** The newest person of the seeded project. */
const NEWEST = '0190c0de-0001-7000-8000-000000000009';
const ALL = ['person:read', 'person:write', 'cohort:read', 'activity_log:read', 'query:read'];

describe('The check of PostHog', () => {
  test('The check finds a key with every scope and a project that is there good, and changes nothing', async () => {
    await keyWith(ALL);
    const before = await sandbox.state();
    await sandbox.forget();
    const check = await checked();
    expect(check).toMatchObject({
      good: true,
      host: { good: true },
      key: { good: true },
      projects: [{ project_id: 1, good: true }],
      projects_left_out: [],
    });
    expect(check.scopes.map(({ scope, good }) => [scope, good])).toEqual(ALL.map((scope) => [scope, true]));
    const arrived = await sandbox.received();
    const lines = arrived.map(({ method, target }) => `${method} ${target.split('?')[0]}`);
    expect(lines.toSorted()).toEqual([
      'GET /api/projects/1/persons/',
      `GET /api/projects/1/persons/${NEWEST}/`,
      'GET /api/projects/1/persons/activity/',
      'GET /api/projects/1/persons/cohorts/',
      'GET /api/projects/1/persons/deletion_status/',
      'GET /api/projects/1/persons/funnel/',
      'GET /api/projects/@current/persons/',
      'POST /api/projects/1/persons/',
      'POST /api/projects/1/query/',
    ]);
    expect(await sandbox.state()).toEqual(before);
  });

  test.each(ALL.filter((scope) => scope !== 'person:read'))(
    'The check names %s where the key lacks it, with the operations that need it',
    async (lacking) => {
      // PostHog takes a write scope for the read scope of the same name, so read is there either way.
      await keyWith(ALL.filter((scope) => scope !== lacking));
      const check = await checked();
      expect(check).toMatchObject({ good: false, host: { good: true }, key: { good: true } });
      for (const { scope, good, operations, says } of check.scopes) {
        expect(good).toBe(scope !== lacking);
        expect(operations.length).toBeGreaterThan(0);
        if (scope === lacking) expect(says).toContain(lacking);
      }
    },
  );

  test('The check says that the key is rejected, and asks no further', async () => {
    await sandbox.reset({ keys: [{ key: 'phx_another', scopes: ['*'] }] });
    await sandbox.forget();
    const check = await checked();
    expect(check).toMatchObject({ good: false, host: { good: true }, key: { good: false } });
    expect(check.scopes.map(({ good }) => good)).toEqual([null, null, null, null, null]);
    expect(check.projects).toMatchObject([{ good: null }]);
    expect(await sandbox.received()).toHaveLength(1);
  });

  test.each([
    ['is another server', { kind: 'html', status: 200 }],
    ['is another server that knows no such page', { kind: 'html', status: 404 }],
    ['redirects', { kind: 'redirect', location: 'https://posthog.example/' }],
    ['fails', { kind: 'status', status: 500 }],
    ['hangs up', { kind: 'hang_up', times: 2 }],
  ])('The check says so where the host %s, and asks no further', async (_, fault) => {
    await keyWith(ALL);
    await sandbox.fault(fault);
    const check = await checked();
    await sandbox.clearFaults();
    expect(check).toMatchObject({ good: false, host: { good: false }, key: { good: null } });
    expect(check.host.says).toContain('POSTHOG_HOST');
  });

  test('The check tells a project that is not there, or that the key may not read, from one that is', async () => {
    await keyWith(ALL, [1]);
    expect(await checked('?project_id=77')).toMatchObject({
      good: false,
      projects: [{ project_id: 77, good: false }],
    });
    expect(await checked('?project_id=2')).toMatchObject({
      good: false,
      projects: [{ project_id: 2, good: false }],
    });
  });

  test('The check asks about the projects of all registered tenants where none is named', async () => {
    await keyWith(ALL);
    for (const project of [1, 2, 77]) await tenants.put(`in-${project}`, { project_id: project });
    const { good, projects } = await checked('');
    expect(good).toBe(false);
    expect(projects).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ project_id: 1, good: true }),
        expect.objectContaining({ project_id: 2, good: true }),
        expect.objectContaining({ project_id: 77, good: false }),
      ]),
    );
  });

  test('The check finds what it is not sure of no reason to say that something is wrong', async () => {
    await keyWith(ALL);
    await sandbox.change({ date_ahead_ms: null });
    expect(await checked()).toMatchObject({ good: true, clock: { good: null, ahead_ms: null } });
    await sandbox.change({ date_ahead_ms: 60_000 });
    const ahead = await checked();
    expect(ahead).toMatchObject({ good: false, clock: { good: false } });
    expect(ahead.clock.says).toContain('60 s ahead');
  });

  test('The check tells an operator no secret, and what the deployment is made of', async () => {
    await keyWith(ALL);
    const { deployment } = await checked();
    expect(deployment).toMatchObject({ secrets: { good: true }, placement: { good: true } });
    expect(deployment.secrets.says).toMatch(
      /signed with k1, and k0 still verifies\. Operators: admin \(owner\)/,
    );
  });

  test('The check takes a project number and nothing else', async () => {
    problem(await ask('/check?project_id=0'), 'parameter_invalid', 'project_id');
    problem(await ask('/check?project_id=x'), 'parameter_invalid', 'project_id');
    problem(await ask('/check?project=1'), 'parameter_unknown', 'project');
    problem(await send('GET', '/admin/v1/check'), 'admin_token_missing');
  });
});
