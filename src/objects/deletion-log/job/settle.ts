/**
 * What is known of a deletion after an attempt, and what its caller is told. Pure.
 *
 * | PostHog's answer                                  | first attempt | any later one                      |
 * |---------------------------------------------------|---------------|------------------------------------|
 * | 202, empty or a summary that names no errors      | accepted      | accepted                           |
 * | 202, a summary with `deletion_errors`             | unknown: the persons named there are sent again    |
 * | 404 `not_found`, one person to be removed         | refused       | accepted: the person is gone       |
 * | 429, where the deletion waits for its turn        | unknown       | unknown                            |
 * | a status that says nothing was done (evidence.ts) | refused       | unknown                            |
 * | any other status or body, 503 and 200 included    | unknown       | unknown                            |
 * | no answer, or one that broke off                  | unknown       | unknown                            |
 */
// `refused` says that nothing was deleted. Only a first attempt can say so: the end of an earlier one is not known.
// `accepted` says that PostHog took the deletion on, never that it is done. A deletion of no persons is accepted without
// PostHog, and its numbers are zero.
import type { Deletion } from '../../../catalogue/deletion.ts';
import { failure, type FailureCode } from '../../../core/failure.ts';
import type { PersonUuid } from '../../../core/ids.ts';
import { mayHaveWorked } from '../../../upstream/evidence.ts';
import type { Interpretation } from '../../../upstream/interpret.ts';
import { EMPTY_SUMMARY, NO_SUMMARY, notDeleted, readSummary, type Summary } from './summary.ts';

/** Why an attempt settled nothing. */
export type Problem = FailureCode | 'upstream_refused' | 'persons_not_deleted';

interface Known {
  /** PostHog's status; null where it never answered. */
  readonly status: number | null;
  /** What the caller is told. It says the same as the state. */
  readonly answer: Interpretation;
}

export interface Settled extends Known {
  readonly state: 'accepted' | 'refused';
  readonly summary: Summary;
}

/** What PostHog says it did not delete, beside what it says it did. */
export interface Remainder {
  readonly ids: readonly PersonUuid[];
  readonly summary: Summary;
}

export interface Unsettled extends Known {
  readonly state: 'unknown';
  readonly problem: Problem;
  /** What alone is sent next; null where everything is sent again. */
  readonly remainder: Remainder | null;
}

export type Settlement = Settled | Unsettled;

/** The one status that PostHog accepts a deletion with, in every generation and operation. */
const ACCEPTED = 202;
/** PostHog's rate limit is used up. */
const BUSY = 429;

/**
 * What a 429 does to a deletion of which nothing was done yet: `refuse` where a client waits for the answer and is told to
 * ask again later, `wait` where the deletion is sent again by itself.
 */
export type WhenBusy = 'refuse' | 'wait';

/** Decides by the table above. `attempt` counts from 1, without those that PostHog answered with 429. */
export function settle(
  deletion: Deletion,
  answer: Interpretation,
  attempt: number,
  whenBusy: WhenBusy,
): Settlement {
  const { status } = answer;
  switch (answer.kind) {
    case 'success':
      return settleSuccess(deletion, answer);
    case 'refusal':
      if (attempt > 1 && saysGone(deletion, answer)) {
        return { state: 'accepted', status, answer, summary: NO_SUMMARY };
      }
      return settleRefused(answer, attempt, 'upstream_refused');
    case 'failure':
      return status === BUSY && whenBusy === 'wait'
        ? unknown(answer, answer.failure.code)
        : settleRefused(answer, attempt, answer.failure.code);
  }
}

type Success = Extract<Interpretation, { kind: 'success' }>;

/** A deletion that names no persons: PostHog, which would refuse an empty list, is not asked. */
export const settleEmpty = (answer: Success): Settled => ({
  state: 'accepted',
  status: answer.status,
  answer,
  summary: EMPTY_SUMMARY,
});

/**
 * No person of the chunk is left in the slice: PostHog is not asked. Before anything was sent that says that nobody was
 * deleted. After an attempt it says nothing of what the attempt did.
 */
export const settleNoneLeft = (answer: Success, anAttemptMayHaveWorked: boolean): Settled =>
  anAttemptMayHaveWorked
    ? { state: 'accepted', status: null, answer, summary: NO_SUMMARY }
    : settleEmpty(answer);

/**
 * A body of any generation will do. The generation is configuration: with a wrong one no delete would ever settle.
 * A body that is neither empty nor a summary comes from another server than PostHog.
 */
function settleSuccess(deletion: Deletion, answer: Success): Settlement {
  const { status, json } = answer;
  if (deletion.target.ids.length === 0) return settleEmpty(answer);
  const summary = answer.text === '' ? NO_SUMMARY : readSummary(json);
  if (status !== ACCEPTED || summary === null) return unknown(invalidReply(status), 'upstream_reply_invalid');
  if ((summary.deletion_errors ?? 0) === 0) return { state: 'accepted', status, answer, summary };
  const ids = notDeleted(deletion, json);
  return unknown(answer, 'persons_not_deleted', ids === null ? null : { ids, summary });
}

function settleRefused(answer: Interpretation, attempt: number, problem: Problem): Settlement {
  const { status } = answer;
  if (attempt === 1 && !mayHaveWorked(status)) {
    return { state: 'refused', status, answer, summary: NO_SUMMARY };
  }
  return unknown(answer, problem);
}

const unknown = (
  answer: Interpretation,
  problem: Problem,
  remainder: Remainder | null = null,
): Unsettled => ({
  state: 'unknown',
  status: answer.status,
  problem,
  remainder,
  answer: answer.kind === 'refusal' ? unconfirmed(answer.status) : answer,
});

const invalidReply = (status: number): Interpretation => ({
  kind: 'failure',
  status,
  failure: failure(
    'upstream_reply_invalid',
    `PostHog answered ${status} with a body that is not its API's. The deletion is sent again until its end is known.`,
  ),
});

const unconfirmed = (status: number): Interpretation => ({
  kind: 'failure',
  status,
  failure: failure(
    'deletion_unconfirmed',
    `PostHog answered ${status}, which leaves open whether it deleted. The deletion is sent again until its end is known.`,
  ),
});

/**
 * PostHog's own 404 for the one person that was to be removed. A 404 of another make may come from a server that is
 * no PostHog. Where the profile was to stay, that it is gone says nothing of the events and recordings.
 */
const saysGone = (deletion: Deletion, refusal: Extract<Interpretation, { kind: 'refusal' }>): boolean =>
  refusal.status === 404 &&
  refusal.body['code'] === 'not_found' &&
  deletion.target.kind === 'person' &&
  !deletion.flags.keep_person;
