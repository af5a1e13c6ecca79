/** `GET /admin/v1/check`: does PostHog answer, take the key, and know the projects? Asks it and changes nothing. */
import { CATALOGUE } from '../../../../catalogue/index.ts';
import { queryRouteOf, type RouteFacts } from '../../../../catalogue/route.ts';
import type { UpstreamCheck } from '../../../../contract/upstream/check.ts';
import type { ProjectId } from '../../../../core/ids.ts';
import { LIMITS } from '../../../../core/limits.ts';
import { ok } from '../../../../core/result.ts';
import type { Scope } from '../../../../core/scopes.ts';
import type { Interpretation } from '../../../../upstream/interpret.ts';
import { POSTHOG_SCOPES, probe, type PostHogScope } from '../../../../upstream/probe.ts';
import type { Context } from '../../../context.ts';
import { answer } from '../../serve.ts';
import { hostFinding, keyFinding, projectFinding, scopeFinding } from './findings.ts';
import { withAdmin } from '../guard.ts';
import { projectsOfTenants } from '../projects.ts';

export const check = withAdmin('admin_check', async (ctx) => {
  const { project_id: named } = ctx.input.query;
  const projects = named === undefined ? await projectsOfTenants(ctx) : ok([named]);
  return projects.ok ? answer(await checkUpstream(ctx, projects.value)) : projects;
});

/** The first project is asked with a request for each scope, the others with one each. */
async function checkUpstream(
  { posthog, services, log: { requestId } }: Context,
  projects: readonly ProjectId[],
): Promise<UpstreamCheck> {
  const asked = projects.slice(0, LIMITS.checkedProjectsMax);
  const [first] = asked;
  const listed = first === undefined ? null : await probe(posthog, first, 'person:read', requestId);
  const host = hostFinding(listed);
  const key = keyFinding(listed);
  const goesOn = host.good === true && key.good === true;
  const ask = (id: ProjectId, scope: PostHogScope): Promise<Interpretation | null> => {
    if (!goesOn) return Promise.resolve(null);
    return id === first && scope === 'person:read'
      ? Promise.resolve(listed)
      : probe(posthog, id, scope, requestId);
  };
  const scopes = await Promise.all(
    POSTHOG_SCOPES.map(async (scope) => {
      const { good, says } = scopeFinding(scope, first === undefined ? null : await ask(first, scope));
      return { scope, operations: operationsOf(scope, services.upstream), good, says };
    }),
  );
  const found = await Promise.all(
    asked.map(async (id) => ({ project_id: id, ...projectFinding(id, await ask(id, 'person:read')) })),
  );
  const all = [host, key, ...scopes, ...found];
  return {
    good: first !== undefined && all.every(({ good }) => good === true),
    host,
    key,
    scopes,
    projects: found,
    projects_left_out: projects.slice(asked.length),
  };
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
};

const operationsOf = (scope: PostHogScope, facts: RouteFacts): string[] =>
  CATALOGUE.filter((operation) =>
    queryRouteOf(operation.route, facts) === null
      ? operation.scopes.some((own) => POSTHOG_SCOPE[own] === scope)
      : scope === 'query:read',
  ).map(({ id }) => id);
