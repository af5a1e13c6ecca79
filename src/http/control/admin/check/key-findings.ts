/** What an answer of PostHog says of host, key, scope or project, in a sentence for the operator. */
import type { FailureCode } from '../../../../core/failure.ts';
import type { ProjectId } from '../../../../core/ids.ts';
import type { Interpretation } from '../../../../upstream/interpret.ts';
import {
  hostVerdict,
  keyVerdict,
  projectVerdict,
  scopeVerdict,
  type PostHogScope,
} from '../../../../upstream/probe/probe.ts';
import { NO_PROJECT, NOT_ASKED, unknown, type Finding } from './finding.ts';

export function hostFinding(said: Interpretation | null): Finding {
  if (said === null) return { good: null, says: NO_PROJECT };
  if (hostVerdict(said)) return { good: true, says: 'PostHog answers.' };
  const why = said.kind === 'failure' ? hostTrouble(said.failure.code, said.status) : NOT_POSTHOG;
  return {
    good: false,
    says: `${why} POSTHOG_HOST has to be scheme and host of a PostHog that is up, and nothing else.`,
  };
}

const NOT_POSTHOG = 'What answers is not the API of PostHog.';

function hostTrouble(code: FailureCode, status: number | null): string {
  switch (code) {
    case 'upstream_unreachable':
      return 'The connection to PostHog fails.';
    case 'upstream_timeout':
      return 'PostHog does not answer in time.';
    case 'upstream_redirected':
      return 'The address of PostHog answers with a redirect.';
    case 'upstream_error':
      return `PostHog, or a server in front of it, answers with status ${status ?? 'unknown'}.`;
    default:
      return NOT_POSTHOG;
  }
}

export function keyFinding(said: Interpretation | null): Finding {
  const answers = said !== null && hostVerdict(said) === true;
  const good = answers ? keyVerdict(said) : null;
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
      return { good, says: answers ? unknown(said) : NOT_ASKED };
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
          'until then the operations listed here answer 502 upstream_scope_missing.',
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
