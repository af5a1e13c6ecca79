/**
 * The life of a deletion, from state to state. Pure.
 *
 * | State       | What is true of it                                                            |
 * |-------------|-------------------------------------------------------------------------------|
 * | `resolving` | the persons of its filter, or of its preview, are still being read            |
 * | `previewed` | the persons are known and shown; it is not to be sent until it is confirmed   |
 * | `held`      | it is to be sent, and something holds it: its window, an approval, the fuse   |
 * | `sending`   | PostHog is sent its chunks, one after another                                 |
 * | `settling`  | PostHog accepted every chunk; the persons are looked for until they are gone  |
 * | `done`      | everything that can be known of its end is known                              |
 * | `nobody`    | it ended because its ids matched no person: nothing was sent                  |
 * | `failed`    | it ended with persons that were not deleted, or whose end is not known        |
 * | `cancelled` | it ended before anything was sent                                             |
 */
// An unknown chunk is a condition of `sending`, not a state: it ends, or after seven days the deletion fails as
// `undecided`; as `given_up` where no attempt of the chunk can have deleted anybody.

const NOBODY = 'nobody' as const;

/** Where each event leads. An event that is not in the row of a state cannot happen there. */
const TRANSITIONS = {
  resolving: {
    shown: 'previewed',
    found: 'held',
    unresolved: 'failed',
    matched_none: NOBODY,
    too_many: 'failed',
    matched_all: 'failed',
    preview_required: 'failed',
    over_budget: 'failed',
    cancelled: 'cancelled',
  },
  previewed: { confirmed: 'held', changed: 'previewed', expired: 'cancelled', cancelled: 'cancelled' },
  held: {
    approved: 'held',
    fuse_blown: 'held',
    fuse_reset: 'held',
    released: 'sending',
    rejected: 'cancelled',
    cancelled: 'cancelled',
  },
  sending: {
    accepted: 'settling',
    ended: 'done',
    matched_none: NOBODY,
    refused: 'failed',
    undecided: 'failed',
    given_up: 'failed',
    abandoned: 'failed',
  },
  settling: {
    sent_again: 'settling',
    ended: 'done',
    still_there: 'failed',
    undecided: 'failed',
    abandoned: 'failed',
  },
  done: {},
  [NOBODY]: {},
  failed: {},
  cancelled: {},
} as const satisfies Record<string, Record<string, string>>;

export type JobState = keyof typeof TRANSITIONS;

/** What can happen in a state. Of the three ends: nothing. */
export type EventIn<S extends JobState> = S extends JobState ? keyof (typeof TRANSITIONS)[S] : never;
export type JobEvent = EventIn<JobState>;

const isJobState = (name: string): name is JobState => Object.hasOwn(TRANSITIONS, name);
export const JOB_STATES: readonly JobState[] = Object.keys(TRANSITIONS).filter(isJobState);

/** Every event, each once, in the order of the table. */
export const JOB_EVENTS: readonly JobEvent[] = [
  ...new Set(Object.values(TRANSITIONS).flatMap((row) => Object.keys(row))),
].filter(isJobEvent);

function isJobEvent(name: string): name is JobEvent {
  return Object.values(TRANSITIONS).some((row) => Object.hasOwn(row, name));
}

const nextByEvent: Readonly<Record<JobState, Partial<Record<JobEvent, JobState>>>> = TRANSITIONS;

/** The state after an event that can happen in `state`. */
export function next<S extends JobState>(state: S, event: EventIn<S>): JobState {
  const after = nextIfPossible(state, event);
  if (after === null) throw new Error(`a deletion that is ${state} cannot be ${event}`);
  return after;
}

/** The state after an event that somebody asks for; `null` where it cannot happen in `state`. */
export const nextIfPossible = (state: JobState, event: JobEvent): JobState | null =>
  nextByEvent[state][event] ?? null;

/** True where it ended as it was asked to. */
export const isSuccess = (state: JobState): boolean => state === 'done' || state === 'nobody';

/** True where nothing can happen any more. */
export const isEnd = (state: JobState): boolean => Object.keys(TRANSITIONS[state]).length === 0;

/** The states in which nothing can happen any more. */
export const END_STATES: readonly JobState[] = JOB_STATES.filter(isEnd);

/** True where a step only reads: what is decided meanwhile holds, and what was read is for nothing. */
export const isBeingRead = (state: JobState): boolean => state === 'resolving' || state === 'previewed';

/** True until the first chunk may have gone to PostHog. */
export const isUnsent = (state: JobState): boolean =>
  nextIfPossible(state, 'cancelled') !== null || state === 'cancelled';
