/** `GET /admin/v1/check`: does PostHog answer, take the key, and know the projects? Asks it and changes nothing. */
import { CATALOGUE } from '../../../catalogue/index.ts';
import type { UpstreamCheck } from '../../../contract/check.ts';
import type { ProjectId } from '../../../core/ids.ts';
import { LIMITS } from '../../../core/limits.ts';
import { ok, type Result } from '../../../core/result.ts';
import type { Scope } from '../../../core/scopes.ts';
import type { Interpretation } from '../../../upstream/interpret.ts';
import {
  hostVerdict,
  keyVerdict,
  POSTHOG_SCOPES,
  probe,
  projectVerdict,
  scopeVerdict,
  type PostHogScope,
  type Verdict,
} from '../../../upstream/probe.ts';
import { callObject } from '../../call-object.ts';
import type { Context } from '../../context.ts';
import { answer } from '../serve.ts';
import { withAdmin } from './guard.ts';

interface Finding {
  readonly good: Verdict;
  readonly says: string;
}

export const check = withAdmin('admin_check', async (ctx) => {
  const { project_id: named } = ctx.input.query;
  const projects = named === undefined ? await projectsOfTenants(ctx) : ok([named]);
  return projects.ok ? answer(await checkUpstream(ctx, projects.value)) : projects;
});

/** The projects of the registered tenants, each once. */
async function projectsOfTenants(ctx: Context): Promise<Result<ProjectId[]>> {
  const page = { limit: LIMITS.listRowsMax, after: null, include: 'registered' } as const;
  const found = await callObject(ctx, () => ctx.services.directory().list(page));
  return found.ok ? ok([...new Set(found.value.rows.map((row) => row.project_id))]) : found;
}

/** The first project is asked with a request for each scope, the others with one each. */
async function checkUpstream({ posthog }: Context, projects: readonly ProjectId[]): Promise<UpstreamCheck> {
  const asked = projects.slice(0, LIMITS.checkedProjectsMax);
  const [first] = asked;
  const answer = first === undefined ? null : await probe(posthog, first, 'person:read');
  const host = hostFinding(answer);
  const key = keyFinding(answer);
  const goesOn = host.good === true && key.good === true;
  const ask = (id: ProjectId, scope: PostHogScope): Promise<Interpretation | null> => {
    if (!goesOn) return Promise.resolve(null);
    return id === first && scope === 'person:read' ? Promise.resolve(answer) : probe(posthog, id, scope);
  };
  const scopes = await Promise.all(
    POSTHOG_SCOPES.map(async (scope) => {
      const { good, says } = scopeFinding(scope, first === undefined ? null : await ask(first, scope));
      return { scope, operations: operationsOf(scope), good, says };
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

const NOT_ASKED = 'Not asked yet: mend what is said above first.';
const NO_PROJECT = 'Not asked: no tenant is registered. Name a project with ?project_id=.';

function hostFinding(answer: Interpretation | null): Finding {
  if (answer === null) return { good: null, says: NO_PROJECT };
  const good = hostVerdict(answer);
  if (good) return { good, says: 'PostHog answers.' };
  const why = answer.kind === 'failure' ? answer.failure.detail : 'What answers is not the API of PostHog.';
  return {
    good,
    says: `${why} Check POSTHOG_HOST, which is scheme and host of PostHog and nothing else, and that PostHog is up.`,
  };
}

function keyFinding(answer: Interpretation | null): Finding {
  const good = answer === null || hostVerdict(answer) !== true ? null : keyVerdict(answer);
  switch (good) {
    case true:
      return { good, says: 'PostHog accepts the key.' };
    case false:
      return {
        good,
        says:
          'PostHog rejects the key. Set POSTHOG_PERSONAL_API_KEY to a personal API key (phx_…) of this PostHog. ' +
          'Its US and EU clouds do not know the keys of each other.',
      };
    case null:
      return { good, says: unknown(answer) };
  }
}

function scopeFinding(scope: PostHogScope, answer: Interpretation | null): Finding {
  const good = answer === null ? null : scopeVerdict(answer, scope);
  switch (good) {
    case true:
      return { good, says: `The key has ${scope}.` };
    case false:
      return {
        good,
        says:
          `The key lacks ${scope}. Add it to the key in PostHog, or leave it out on purpose: ` +
          'until then the operations listed here answer 502 upstream_scope_missing.',
      };
    case null:
      return { good, says: unknown(answer) };
  }
}

function projectFinding(id: ProjectId, answer: Interpretation | null): Finding {
  const good = answer === null ? null : projectVerdict(answer);
  switch (good) {
    case true:
      return { good, says: `Project ${id} exists, and the key may read its persons.` };
    case false:
      return {
        good,
        says:
          `PostHog shows this key no project ${id}. Correct project_id of the tenant, or let the key, and the user ` +
          'who owns it, into that project.',
      };
    case null:
      return { good, says: unknown(answer) };
  }
}

/** Why nothing is known: the answer was about something else. */
function unknown(answer: Interpretation | null): string {
  if (answer?.kind !== 'failure') return NOT_ASKED;
  const { code, detail, upstreamScope } = answer.failure;
  return code === 'upstream_scope_missing'
    ? `Not known: this needs ${upstreamScope ?? 'another scope'} as well, which the key lacks.`
    : `Not known: ${detail}`;
}

/** PostHog's scope behind each scope of the gateway; null where no scope of a key opens it. */
const POSTHOG_SCOPE: Readonly<Record<Scope, PostHogScope | null>> = {
  'person:read': 'person:read',
  'person:update': 'person:write',
  'person:split': 'person:write',
  'person:delete': 'person:write',
  'person:reset_distinct_id': 'person:write',
  'cohort:read': 'cohort:read',
  'activity_log:read': 'activity_log:read',
  'insight:read': null,
};

const operationsOf = (scope: PostHogScope): string[] =>
  CATALOGUE.filter((operation) => operation.scopes.some((own) => POSTHOG_SCOPE[own] === scope)).map(
    ({ id }) => id,
  );
