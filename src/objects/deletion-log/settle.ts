/**
 * What is known of a deletion after an attempt. Pure.
 *
 * | PostHog's answer                          | first attempt | any later one                             |
 * |-------------------------------------------|---------------|-------------------------------------------|
 * | 2xx, empty or a JSON object               | accepted      | accepted                                  |
 * | 404 `not_found`, one person to be removed | refused       | accepted: the person is gone              |
 * | any other 4xx, 401, 403 and 429 included  | refused       | unknown                                   |
 * | 408                                       | unknown       | unknown                                   |
 * | 3xx                                       | refused       | unknown                                   |
 * | 5xx, 1xx                                  | unknown       | unknown                                   |
 * | 2xx that is not PostHog's API             | unknown       | unknown                                   |
 * | no answer, or one that broke off          | unknown       | unknown                                   |
 *
 * `refused` says that nothing was deleted. Only the first attempt can say so: before every later one stands an attempt
 * that nobody knows the end of. A refused later attempt therefore leaves the entry unknown, and is made again.
 *
 * A deletion that names nobody is accepted: PostHog is never asked, and the numbers are zero.
 *
 * `accepted` says that PostHog took the deletion on, never that it is done. After more than one attempt its numbers
 * are those of the last: persons an earlier attempt removed are no longer found, and where events were to go along,
 * whether those of such persons were queued is not known.
 */
import type { Deletion } from '../../catalogue/deletion.ts';
import type { FailureCode } from '../../core/failure.ts';
import type { Interpretation } from '../../upstream/interpret.ts';
import { NOBODY_SUMMARY, NO_SUMMARY, summaryOf, type Summary } from './summary.ts';

/** What came back from one attempt. */
export interface Reply {
  /** PostHog's status; null where it never answered. */
  readonly status: number | null;
  readonly retryAfterSeconds: number | null;
  readonly interpretation: Interpretation;
}

/** Why an attempt settled nothing. */
export type Problem = FailureCode | 'upstream_refused';

export type Settlement =
  | { readonly state: 'accepted'; readonly status: number | null; readonly summary: Summary }
  | { readonly state: 'refused'; readonly status: number | null; readonly summary: Summary }
  | { readonly state: 'unknown'; readonly status: number | null; readonly problem: Problem };

/** Answers by which PostHog, or what stands before it, says that it did nothing at all. */
const NOTHING_WAS_DONE: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'upstream_key_refused',
  'upstream_rate_limited',
  'upstream_redirected',
]);

/** Some proxies say 408 when it is the server behind them that was too slow, and then it may have worked. */
const REQUEST_TIMEOUT = 408;

/** Decides by the table above. `attempt` counts from 1. */
export function settle(deletion: Deletion, reply: Reply, attempt: number): Settlement {
  const { interpretation, status } = reply;
  const refused = { state: 'refused', status, summary: NO_SUMMARY } as const;
  const unknown = (problem: Problem) => ({ state: 'unknown', status, problem }) as const;
  const first = attempt === 1;
  switch (interpretation.kind) {
    case 'success':
      return {
        state: 'accepted',
        status,
        summary: deletion.target.ids.length === 0 ? NOBODY_SUMMARY : summaryOf(interpretation.json),
      };
    case 'refusal':
      if (first && status !== REQUEST_TIMEOUT) return refused;
      return !first && saysGone(deletion, interpretation)
        ? { state: 'accepted', status, summary: NO_SUMMARY }
        : unknown('upstream_refused');
    case 'failure':
      return first && NOTHING_WAS_DONE.has(interpretation.failure.code)
        ? refused
        : unknown(interpretation.failure.code);
  }
}

/**
 * PostHog's own 404 for the one person that was to be removed. A 404 of another make may come from a server that is
 * no PostHog. Where the profile was to stay, that it is gone says nothing of the events and recordings.
 */
const saysGone = (deletion: Deletion, refusal: Extract<Interpretation, { kind: 'refusal' }>): boolean =>
  refusal.status === 404 &&
  refusal.body['code'] === 'not_found' &&
  deletion.target.kind === 'person' &&
  !deletion.flags.keep_person;
