/** `GET /admin/v1/upstream`: how PostHog's limits stand, who has which share of them, and who waits. Asks PostHog nothing. */
import type { UpstreamStatus } from '../../../contract/upstream/quota.ts';
import type { ProjectId } from '../../../core/ids.ts';
import { LIMITS } from '../../../core/limits.ts';
import { ok, type Result } from '../../../core/result.ts';
import type { QuotaSnapshot } from '../../../core/shield/upstream-share.ts';
import { callObject } from '../../call-object.ts';
import type { Context } from '../../context.ts';
import { answer } from '../serve.ts';
import { withAdmin } from './guard.ts';
import { projectsOfTenants } from './projects.ts';

export const upstream = withAdmin('admin_get_upstream', async (ctx) => {
  const { project_id: named } = ctx.input.query;
  const projects = named === undefined ? await projectsOfTenants(ctx) : ok([named]);
  if (!projects.ok) return projects;
  const shown = projects.value.slice(0, LIMITS.checkedProjectsMax);
  const statuses = await Promise.all(shown.map((projectId) => statusOf(ctx, projectId)));
  const failed = statuses.find((status) => !status.ok);
  if (failed !== undefined) return failed;
  return answer({
    projects: statuses.flatMap((status) => (status.ok ? [status.value] : [])),
    projects_left_out: projects.value.slice(shown.length),
  });
});

type ProjectStatus = UpstreamStatus['projects'][number];

async function statusOf(ctx: Context, projectId: ProjectId): Promise<Result<ProjectStatus>> {
  const quotas = await callObject(ctx, () => ctx.services.quotasOf(projectId));
  return quotas.ok ? ok({ project_id: projectId, quotas: quotas.value.map(shownQuota) }) : quotas;
}

const shownQuota = (quota: QuotaSnapshot): ProjectStatus['quotas'][number] => ({
  kind: quota.kind,
  per_minute: quota.configuredPerMinute,
  learned_per_minute: quota.learnedPerMinute,
  reserved_per_minute: quota.reservedPerMinute,
  used: quota.used,
  reserved_used: quota.reservedUsed,
  paused_seconds: Math.ceil(quota.pausedMs / 1000),
  tenants: quota.tenants.map(({ tenant, weight, sharePerMinute, used, waiting }) => ({
    tenant,
    weight,
    share_per_minute: sharePerMinute,
    used,
    waiting,
  })),
});
