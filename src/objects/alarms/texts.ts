/** What an alarm says to people, and what it says to programs. */
import type { Condition } from '../../core/alarms/condition.ts';

/** One or two sentences: what is the case, and what to do. */
export function messageOf(condition: Condition): string {
  switch (condition.kind) {
    case 'foreign_rows':
      return `PostHog answered ${condition.route} of the tenant ${condition.tenant} with rows outside the slice that was asked for. They were left out. Look for a change of PostHog's filters, or of the slice property of persons.`;
    case 'key_refused':
      return condition.scope === null
        ? "PostHog does not accept the gateway's key. Make a new one in PostHog and set POSTHOG_PERSONAL_API_KEY."
        : `The gateway's key lacks the scope ${condition.scope} that PostHog asks for. Add it to the key in PostHog.`;
    case 'upstream_failing':
      return `PostHog failed several requests in a row, the last one with ${condition.code}. Look at PostHog's status page and at GET /admin/v1/check.`;
    case 'deletion_unknown':
      return `Whether the deletion ${condition.deletion} of the tenant ${condition.tenant} was carried out is not known since ${condition.since}. It is sent again until PostHog says so, for seven days.`;
    case 'deletion_budget_low':
      return `The tenant ${condition.tenant} has ${condition.remaining} left of the ${condition.persons_per_day} persons that it may delete in any 24 hours.`;
    case 'deletion_ended':
      return `The deletion ${condition.deletion} of the tenant ${condition.tenant} ${endText(condition)}.`;
    case 'token_ending':
      return `The token ${condition.token} of the tenant ${condition.tenant} ends at ${condition.expires_at}. Replace it before then.`;
    case 'test':
      return `A test that ${condition.operator} asked for. Nothing is wrong.`;
  }
}

function endText({ state, reason }: Extract<Condition, { kind: 'deletion_ended' }>): string {
  switch (state) {
    case 'done':
      return 'is done';
    case 'nobody':
      return 'matched nobody: nothing was sent';
    case 'cancelled':
      return `was cancelled (${reason}): nothing was sent`;
    default:
      return `${state} (${reason}). Its entry in the deletion log says what became of each call`;
  }
}

/** The members of a condition beside its kind and its tenant, which an alarm has itself. */
export function detailsOf(condition: Condition): Readonly<Record<string, string | number | null>> {
  const { kind: _kind, ...rest } = condition;
  if (!('tenant' in rest)) return rest;
  const { tenant: _tenant, ...details } = rest;
  return details;
}
