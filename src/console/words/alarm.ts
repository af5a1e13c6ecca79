/** Alarms in plain words. The gateway says in `message` what is the case; here is what it is called and where to look. */
import type { components } from '../../client/generated/openapi.ts';
import { pathTo } from '../page.ts';
import type { Tone } from '../view/parts.tsx';
import { span } from '../view/text.tsx';

export type Alarm = components['schemas']['Alarm'];
type Kind = Alarm['kind'];

interface KindWords {
  readonly text: string;
  readonly tone: Tone;
}

const KINDS: Readonly<Record<Kind, KindWords>> = {
  foreign_rows: { text: 'foreign rows', tone: 'bad' },
  key_refused: { text: 'key refused', tone: 'bad' },
  upstream_failing: { text: 'PostHog fails', tone: 'bad' },
  deletion_unknown: { text: 'deletion unknown', tone: 'warning' },
  deletion_budget_low: { text: 'budget nearly spent', tone: 'warning' },
  deletion_ended: { text: 'deletion ended', tone: 'plain' },
  token_ending: { text: 'token ends', tone: 'warning' },
  test: { text: 'test', tone: 'plain' },
};

/** A gateway that is newer than the console has kinds that the console does not know. */
export const kindWords = (kind: Kind): KindWords => KINDS[kind] ?? { text: kind, tone: 'warning' };

const textIn = ({ details }: Alarm, member: string): string => {
  const value = details[member];
  return typeof value === 'string' ? value : '';
};

/** True for an alarm that an operator has to act on. A deletion that succeeded, and a test alarm, need no action. */
export const needsSomebody = (alarm: Alarm): boolean =>
  alarm.kind === 'deletion_ended' ? textIn(alarm, 'state') === 'failed' : alarm.kind !== 'test';

/** A page of the console, or a command where the console has no page for it. */
export type Step =
  | { readonly kind: 'page'; readonly text: string; readonly href: string }
  | { readonly kind: 'command'; readonly command: string };

const page = (text: string, href: string): Step => ({ kind: 'page', text, href });

/** What to do about it. Null where nothing has to be done. */
export function stepOf(alarm: Alarm): Step | null {
  const { kind, tenant } = alarm;
  if (kind === 'key_refused' || kind === 'upstream_failing')
    return { kind: 'command', command: 'npx hedgerow doctor' };
  if (tenant === null) return null;
  const here = (...parts: readonly string[]): string => pathTo('tenants', tenant, ...parts);
  switch (kind) {
    case 'foreign_rows':
      return page('Look at its slice', here('record'));
    case 'deletion_unknown':
    case 'deletion_ended':
      return page('Look at the deletion', here('deletions', textIn(alarm, 'deletion')));
    case 'deletion_budget_low':
      return page('Look at what it deletes', here('deletions'));
    case 'token_ending':
      return page('Look at its tokens', here('tokens'));
    default:
      return null;
  }
}

/** Whether the webhook was told. */
export function deliveryWords({ delivery }: Alarm, nowMs: number): KindWords {
  const { state, last_status: status, next_attempt_at: next } = delivery;
  switch (state) {
    case 'delivered':
      return { text: 'delivered', tone: 'good' };
    case 'pending':
      return { text: `not delivered yet${answered(status)}${again(next, nowMs)}`, tone: 'busy' };
    case 'given_up':
      return { text: `not delivered: given up after three days${answered(status)}`, tone: 'bad' };
    case 'endpoint_gone':
      return { text: 'not delivered: the webhook has answered 410', tone: 'bad' };
    case 'not_configured':
      return { text: 'not sent: there is no webhook', tone: 'plain' };
  }
}

const answered = (status: number | null): string =>
  status === null ? '' : `, the webhook answered ${status}`;

const again = (next: string | null, nowMs: number): string =>
  next === null ? '' : `, again in ${span((Date.parse(next) - nowMs) / 1000)}`;

export type Test = components['schemas']['AlarmTest'];

const PROBLEMS: Readonly<Record<NonNullable<NonNullable<Test['answer']>['problem']>, string>> = {
  timeout: 'The webhook did not answer within 15 seconds',
  unreachable: 'The webhook cannot be reached',
  redirect: 'The webhook answered with a redirect, which is not followed',
  refused: 'The webhook did not take it',
};

/** How a test went. */
export function testWords({ alarm, answer }: Test): { readonly text: string; readonly tone: 'good' | 'bad' } {
  if (answer === null)
    return {
      tone: 'bad',
      text:
        alarm.delivery.state === 'endpoint_gone'
          ? 'Nothing was sent: the webhook has answered 410. Set ALARM_WEBHOOK_URL or its secrets anew.'
          : 'Nothing was sent: there is no webhook. ALARM_WEBHOOK_URL of the gateway names one.',
    };
  const status = answer.status === null ? '' : ` (${answer.status})`;
  return answer.problem === null
    ? { tone: 'good', text: `The webhook took it${status}.` }
    : { tone: 'bad', text: `${PROBLEMS[answer.problem]}${status}. It is sent again like any alarm.` };
}
