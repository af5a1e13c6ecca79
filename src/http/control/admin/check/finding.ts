import type { Interpretation } from '../../../../upstream/interpret.ts';
import type { Verdict } from '../../../../upstream/probe/probe.ts';

/** What was found, what it means, and what to do. */
export interface Finding {
  /** Null: not known. */
  readonly good: Verdict;
  readonly says: string;
}

export const NOT_ASKED = 'Not asked yet: mend what is said above first.';
export const NO_PROJECT = 'Not asked: no tenant is registered. Name a project with ?project_id=.';

/** Why nothing is known: PostHog answered something else. */
export function unknown(said: Interpretation | null): string {
  if (said?.kind !== 'failure') return NOT_ASKED;
  const { code, upstreamScope } = said.failure;
  switch (code) {
    case 'upstream_scope_missing':
      return `Not known: this needs ${upstreamScope ?? 'another scope'} as well, which the key lacks.`;
    case 'upstream_key_refused':
      return 'Not known: PostHog lets the key do nothing in this project.';
    case 'upstream_rate_limited':
      return "Not known: PostHog's rate limit is used up. Check again in a minute.";
    default:
      return 'Not known: PostHog failed on this question. Check again.';
  }
}
