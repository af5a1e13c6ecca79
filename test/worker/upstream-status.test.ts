/** How PostHog's limits stand, as the operator is shown it. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { UpstreamStatus } from '../../src/contract/upstream/quota.ts';
import { problem } from '../support/problem.ts';
import { ADMIN_TOKEN } from '../support/secrets.ts';
import { startStack } from '../support/stack.ts';

const { send, get, tenants, sandbox } = await startStack({
  bindings: { UPSTREAM_REQUESTS_PER_MINUTE: '1000' },
});

const statusOf = async (query = ''): Promise<UpstreamStatus> => {
  const answer = await send('GET', `/admin/v1/upstream${query}`, { token: ADMIN_TOKEN });
  expect(answer.status, answer.text).toBe(200);
  return answer.json as UpstreamStatus;
};

beforeEach(() => sandbox.reset());

describe('The status of PostHog', () => {
  test('The status shows what each tenant used and its share by weight, and asks PostHog nothing', async () => {
    const one = await tenants.fresh();
    const heavy = await tenants.fresh({ weight: 3 });
    for (const { token } of [one, heavy, heavy]) await get(token, '/api/projects/1/persons/?limit=1');
    await sandbox.forget();
    const { projects, projects_left_out: leftOut } = await statusOf();
    expect(leftOut).toEqual([]);
    const quotas = projects.find(({ project_id: id }) => id === 1)?.quotas ?? [];
    expect(quotas.map(({ kind, per_minute: perMinute }) => [kind, perMinute])).toEqual([
      ['reads', 1000],
      ['deletes', 2000],
    ]);
    const [reads] = quotas;
    const shown = (tenant: string) => reads?.tenants.find((each) => each.tenant === tenant);
    expect(shown(one.tenant)).toMatchObject({ weight: 1, waiting: 0 });
    expect(shown(one.tenant)?.used).toBeGreaterThanOrEqual(1);
    expect(shown(heavy.tenant)?.used).toBeGreaterThanOrEqual(2);
    const ratio = (shown(heavy.tenant)?.share_per_minute ?? 0) / (shown(one.tenant)?.share_per_minute ?? 1);
    expect(Math.round(ratio)).toBe(3);
    expect(reads?.used).toBeGreaterThanOrEqual(3);
    expect(await sandbox.received()).toEqual([]);
  });

  test('A 429 of PostHog shows as a pause and a lower limit', async () => {
    const { token } = await tenants.fresh({ project_id: 2 });
    await sandbox.fault({ kind: 'status', status: 429, retry_after_seconds: 30 });
    problem(await get(token, '/api/projects/2/persons/?limit=1'), 'upstream_rate_limited');
    await expect
      .poll(async () => (await statusOf('?project_id=2')).projects[0]?.quotas[0]?.paused_seconds)
      .toBeGreaterThan(5);
    const quota = (await statusOf('?project_id=2')).projects[0]?.quotas[0];
    expect(quota?.learned_per_minute).toBe(500);
  });

  test('A project that nobody asked about has its limits whole', async () => {
    const { projects } = await statusOf('?project_id=9');
    expect(projects).toMatchObject([
      {
        project_id: 9,
        quotas: [
          { used: 0, tenants: [] },
          { used: 0, tenants: [] },
        ],
      },
    ]);
  });

  test.each(['?project_id=0', '?project_id=x', '?projekt=1'])(
    'A question with %s is refused',
    async (query) => {
      const answer = await send('GET', `/admin/v1/upstream${query}`, { token: ADMIN_TOKEN });
      expect(answer.status, answer.text).toBe(400);
    },
  );

  test('A tenant token sees nothing of the status', async () => {
    const { token } = await tenants.fresh();
    problem(await send('GET', '/admin/v1/upstream', { token }), 'admin_token_invalid');
  });
});
