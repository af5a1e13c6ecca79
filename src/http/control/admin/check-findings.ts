/** What an answer of PostHog says of host, key, scope or project, in a sentence for the operator. */
import type { ProjectId } from '../../../core/ids.ts';
import type { Interpretation } from '../../../upstream/interpret.ts';
import {
  hostVerdict,
  keyVerdict,
  projectVerdict,
  scopeVerdict,
  type PostHogScope,
  type Verdict,
} from '../../../upstream/probe.ts';

interface Finding {
  readonly good: Verdict;
  readonly says: string;
}

const NOT_ASKED = 'Not asked yet: mend what is said above first.';
const NO_PROJECT = 'Not asked: no tenant is registered. Name a project with ?project_id=.';

export function hostFinding(said: Interpretation | null): Finding {
  if (said === null) return { good: null, says: NO_PROJECT };
  const good = hostVerdict(said);
  if (good) return { good, says: 'PostHog answers.' };
  const why = said.kind === 'failure' ? said.failure.detail : 'What answers is not the API of PostHog.';
  return {
    good,
    says: `${why} Check POSTHOG_HOST, which is scheme and host of PostHog and nothing else, and that PostHog is up.`,
  };
}

export function keyFinding(said: Interpretation | null): Finding {
  const good = said === null || hostVerdict(said) !== true ? null : keyVerdict(said);
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
      return { good, says: unknown(said) };
  }
}

export function scopeFinding(scope: PostHogScope, said: Interpretation | null): Finding {
  const good = said === null ? null : scopeVerdict(said, scope);
  switch (good) {
    case true:
      return { good, says: `The key has ${scope}.` };
    case false:
      return {
        good,
        says:
          `The key lacks ${scope}. Add it to the key in PostHog, or leave it out on purpose: ` +
          'until then the operations listed here said 502 upstream_scope_missing.',
      };
    case null:
      return { good, says: unknown(said) };
  }
}

export function projectFinding(id: ProjectId, said: Interpretation | null): Finding {
  const good = said === null ? null : projectVerdict(said);
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
      return { good, says: unknown(said) };
  }
}

/** Why nothing is known: PostHog answered something else. */
function unknown(said: Interpretation | null): string {
  if (said?.kind !== 'failure') return NOT_ASKED;
  const { code, detail, upstreamScope } = said.failure;
  return code === 'upstream_scope_missing'
    ? `Not known: this needs ${upstreamScope ?? 'another scope'} as well, which the key lacks.`
    : `Not known: ${detail}`;
}
