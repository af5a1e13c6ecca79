/** Which generation this PostHog is, and which way its insights go. */
import type { Generation } from '../../../../catalogue/generation.ts';
import type { RouteFacts } from '../../../../catalogue/route.ts';
import type { UpstreamCheck } from '../../../../contract/upstream/check.ts';
import type { Interpretation } from '../../../../upstream/interpret.ts';
import { scopeVerdict } from '../../../../upstream/probe/probe.ts';
import { endpointVerdict, generationsFrom } from '../../../../upstream/probe/questions.ts';
import { NOT_ASKED, unknown, type Finding } from './finding.ts';

/** Null is an answer that was not asked for. */
export function generationFinding(
  configured: Generation,
  deletionStatus: Interpretation | null,
  funnel: Interpretation | null,
): UpstreamCheck['generation'] {
  const status = deletionStatus === null ? null : endpointVerdict(deletionStatus);
  const possible = generationsFrom(status, funnel === null ? null : endpointVerdict(funnel));
  const facts = { configured, possible: [...possible] };
  if (status === null) return { ...facts, good: null, says: unknown(deletionStatus) };
  if (!possible.includes(configured)) {
    return {
      ...facts,
      good: false,
      says:
        `This PostHog is generation ${possible.join(' or ')}, and POSTHOG_GENERATION says ${configured}: flags of deletions that it ignores would not be ` +
        `refused, or endpoints that it lacks would be asked. Set POSTHOG_GENERATION to ${possible.at(-1)}.`,
    };
  }
  return {
    ...facts,
    good: true,
    says:
      possible.length === 1
        ? `This PostHog is generation ${configured}, as POSTHOG_GENERATION says.`
        : `POSTHOG_GENERATION says ${configured}, and this PostHog has the endpoints of it. The two newest differ in ` +
          'how they answer a bulk delete, and nothing is deleted to find out: C is what PostHog Cloud runs since autumn 2026.',
  };
}

/** `query` is the answer to the probe of `query:read`, `funnel` that of the old endpoint. */
export function insightsFinding(
  { insightRoute: route }: RouteFacts,
  query: Interpretation | null,
  funnel: Interpretation | null,
): UpstreamCheck['insights'] {
  return route === 'query' ? { route, ...byQuery(query) } : { route, ...byEndpoint(funnel) };
}

function byQuery(query: Interpretation | null): Finding {
  const good = query === null ? null : scopeVerdict(query, 'query:read');
  switch (good) {
    case true:
      return { good, says: 'Insights are asked of the Query API, and it answers the key.' };
    case false:
      return {
        good,
        says: 'Insights are asked of the Query API, and the key lacks query:read. Add it to the key.',
      };
    case null:
      return { good, says: query === null ? NOT_ASKED : unknown(query) };
  }
}

function byEndpoint(funnel: Interpretation | null): Finding {
  if (funnel === null) return { good: null, says: NOT_ASKED };
  const isRefused = funnel.kind === 'failure' && funnel.failure.code === 'upstream_key_refused';
  if (isRefused || endpointVerdict(funnel) === false) {
    return {
      good: false,
      says:
        `Insights are asked at the old endpoints, and this PostHog ${isRefused ? 'answers them to no key that has a list of scopes' : 'has removed them'}. ` +
        'Set INSIGHT_ROUTE to query, and give the key query:read.',
    };
  }
  return endpointVerdict(funnel) === true
    ? { good: true, says: 'Insights are asked at the old endpoints, and they answer the key.' }
    : { good: null, says: unknown(funnel) };
}
