/** `GET /admin/v1/check`: is PostHog as the gateway takes it to be, and is the gateway set up well? Changes nothing. */
import { CATALOGUE } from '../../../../catalogue/index.ts';
import { queryRouteOf, type RouteFacts } from '../../../../catalogue/route.ts';
import type { UpstreamCheck } from '../../../../contract/upstream/check.ts';
import type { ProjectId } from '../../../../core/ids.ts';
import { LIMITS } from '../../../../core/limits.ts';
import type { Scope } from '../../../../core/scopes.ts';
import type { DatedClient } from '../../../../upstream/client.ts';
import type { Interpretation } from '../../../../upstream/interpret.ts';
import { POSTHOG_SCOPES, probe, type PostHogScope } from '../../../../upstream/probe/probe.ts';
import {
  askDeletionStatus,
  askFunnel,
  askPersons,
  endpointVerdict,
} from '../../../../upstream/probe/questions.ts';
import type { Context } from '../../../context.ts';
import { answer } from '../../serve.ts';
import { withAdmin } from '../guard.ts';
import { projectsOf, tenantsListed } from '../projects.ts';
import { clockFinding } from './clock.ts';
import { deploymentFindings } from './deployment.ts';
import { generationFinding, insightsFinding } from './generation.ts';
import { hostFinding, keyFinding, projectFinding, scopeFinding } from './key-findings.ts';
import { ownersProjectFinding, ownersProjectNotAsked } from './owners-project.ts';
import { sliceFindings, slicesOf, type TenantSlice } from './slices.ts';

export const check = withAdmin('admin_check', async (ctx) => {
  const { project_id: named } = ctx.input.query;
  const listed = await tenantsListed(ctx);
  if (!listed.ok) return listed;
  const tenants = listed.value.filter(({ project_id: id }) => named === undefined || id === named);
  const slices = await slicesOf(
    ctx,
    tenants.map(({ tenant }) => tenant),
  );
  if (!slices.ok) return slices;
  const projects = named === undefined ? projectsOf(tenants) : [named];
  return answer(await checkUpstream(ctx, projects, slices.value));
});

/** The first project is asked with a request for each question, the others with one each, and one for their slices. */
async function checkUpstream(
  { posthog, services, log: { requestId } }: Context,
  projects: readonly ProjectId[],
  slices: readonly TenantSlice[],
): Promise<UpstreamCheck> {
  const asked = projects.slice(0, LIMITS.checkedProjectsMax);
  const [first, ...others] = asked;
  const dated = first === undefined ? null : await askPersons(posthog, first, 1);
  const listed = dated?.meaning ?? null;
  const host = hostFinding(listed);
  const key = keyFinding(listed);
  const goesOn = host.good === true && key.good === true;
  const ask = (id: ProjectId, scope: PostHogScope): Promise<Interpretation | null> => {
    if (!goesOn) return Promise.resolve(null);
    return id === first && scope === 'person:read'
      ? Promise.resolve(listed)
      : probe(posthog, id, scope, requestId);
  };
  const said = new Map(
    await Promise.all(
      POSTHOG_SCOPES.map(
        async (scope) => [scope, first === undefined ? null : await ask(first, scope)] as const,
      ),
    ),
  );
  const scopes = POSTHOG_SCOPES.map((scope) => {
    const { good, says } = scopeFinding(scope, said.get(scope) ?? null);
    return { scope, operations: operationsOf(scope, services.upstream), good, says };
  });
  const found = await Promise.all(
    asked.map(async (id) => ({ project_id: id, ...projectFinding(id, await ask(id, 'person:read')) })),
  );
  const { generation, ownersProject } = services.upstream;
  const one = goesOn && first !== undefined ? first : null;
  const deletionStatus = one === null ? null : await askDeletionStatus(posthog, one);
  const wantsFunnel = services.upstream.insightRoute === 'legacy' || isNewer(deletionStatus);
  const funnel = one === null || !wantsFunnel ? null : await askFunnel(posthog, one);
  const basic = [host, key, ...scopes, ...found];
  const more = {
    generation: generationFinding(generation, deletionStatus, funnel),
    insights: insightsFinding(services.upstream, said.get('query:read') ?? null, funnel),
    owners_project:
      one === null
        ? ownersProjectNotAsked(ownersProject)
        : await ownersProjectFinding(posthog, ownersProject, [one, ...others]),
    clock: clockFinding(dated?.clockAheadMs ?? null),
    slices: goesOn ? await sampled(posthog, asked, slices) : [],
    deployment: deploymentFindings(services.deployment),
  };
  const { deployment, slices: samples, ...single } = more;
  const beside = [...Object.values(single), ...samples, ...Object.values(deployment)];
  return {
    good:
      first !== undefined &&
      basic.every(({ good }) => good === true) &&
      beside.every(({ good }) => good !== false),
    host,
    key,
    scopes,
    projects: found,
    projects_left_out: projects.slice(asked.length),
    ...more,
  };
}

/** The funnel tells generations apart that have the newer endpoint. */
const isNewer = (deletionStatus: Interpretation | null): boolean =>
  deletionStatus !== null && endpointVerdict(deletionStatus) === true;

/** One request for each project that has slices. */
async function sampled(
  posthog: DatedClient,
  projects: readonly ProjectId[],
  slices: readonly TenantSlice[],
): Promise<UpstreamCheck['slices']> {
  const findings: UpstreamCheck['slices'] = [];
  for (const project of projects) {
    const own = slices.filter((slice) => slice.project === project);
    if (own.length === 0) continue;
    const { meaning } = await askPersons(posthog, project, LIMITS.checkedPersonsMax);
    findings.push(...sliceFindings(project, own, meaning));
  }
  return findings;
}

/** PostHog's scope behind each scope of the gateway; null where no scope of a key opens the persons API. */
const POSTHOG_SCOPE: Readonly<Record<Scope, PostHogScope | null>> = {
  'person:read': 'person:read',
  'person:update': 'person:write',
  'person:split': 'person:write',
  'person:delete': 'person:write',
  'person:reset_distinct_id': 'person:write',
  'cohort:read': 'cohort:read',
  'activity_log:read': 'activity_log:read',
  'insight:read': null,
  'deletion_log:read': null,
  'origin:write': null,
};

const operationsOf = (scope: PostHogScope, facts: RouteFacts): string[] =>
  CATALOGUE.filter((operation) =>
    queryRouteOf(operation.route, facts) === null
      ? operation.scopes.some((own) => POSTHOG_SCOPE[own] === scope)
      : scope === 'query:read',
  ).map(({ id }) => id);
