/** What the deletion log is given, what it shows, and how the one becomes the other. */
import * as z from 'zod/mini';
import type { Deletion, DeletionTarget } from '../../catalogue/deletion.ts';
import { anyJson } from '../../catalogue/fields/values.ts';
import type {
  Actor,
  DeletionId,
  IdempotencyKey,
  ProjectId,
  RegistrationId,
  TokenId,
  RequestId,
  TenantId,
} from '../../core/ids.ts';
import type { DeletionBudget } from '../../contract/deletion-budget.ts';
import { DeletionEntry } from '../../contract/deletion.ts';
import { parseJson } from '../../core/json.ts';
import { lazily } from '../../core/lazily.ts';
import type { ShownBy } from '../../policy/redact-answer.ts';
import type { Slice } from '../../policy/slice.ts';
import type { Resolution } from '../../slicing/resolve-deletion.ts';
import type { Interpretation } from '../../upstream/interpret.ts';
import type { Budget } from './budget/budget.ts';
import type { Pace } from './pace/pace.ts';
import { isEnd, isSuccess, JOB_EVENTS, JOB_STATES, type JobEvent, type JobState } from './job/job.ts';

/** A deletion that was decided on, with who asked for it and what it may cost. */
export interface DeletionOrder {
  readonly tenant: TenantId;
  /** The registration the request was admitted under. */
  readonly registration: RegistrationId;
  readonly requestId: RequestId;
  readonly token: TokenId;
  /** The tokens it was derived from, the oldest first. */
  readonly ancestors: readonly TokenId[];
  /** Whom the token acts for; left out where nobody said it. */
  readonly actor?: Actor | null | undefined;
  /** Days for which the tenant's ids are kept; left out where they are kept for ever. */
  readonly keepIdsDays?: number | undefined;
  /** What PostHog is to be sent. */
  readonly deletion: Deletion;
  /** Present where a sliced grant asked: what is to be sent was found by resolving what it asked for. */
  readonly resolved?: Resolution;
  /** Present where a sliced grant asked and nothing was resolved yet: the log resolves each chunk before it is sent. */
  readonly slices?: readonly Slice[];
  /** Present where persons are named by a filter: then `deletion` names none. */
  readonly filter?: PersonSelector;
  /** Present where the deletion is only previewed: what its sample may show. */
  readonly preview?: ShownBy;
  /** The budgets to spend from: the tenant's, and that of every token of the chain that has its own. */
  readonly budgets: readonly Budget[];
  readonly holds: DeletionHolds;
  /** How often it may be sent, by whom something is set for. */
  readonly paces?: readonly Pace[];
  /** The operator is told when it ends, however it ends; of others only when they fail. */
  readonly isFollowed?: true;
  /** Present where the client named its request. */
  readonly idempotencyKey?: IdempotencyKey;
}

/** Persons that are named by a filter: arguments of `persons_list` without a page, validated and permitted. */
export const PersonSelector = z.object({
  arguments: z.record(z.string(), anyJson()),
  /** Does the client say that it means every person, where nothing else is said? */
  all: z.boolean(),
});
export type PersonSelector = z.output<typeof PersonSelector>;

/** What holds a deletion before it is sent, by the tenant's record. */
export interface DeletionHolds {
  /** The undo window. In it a deletion can be cancelled, and nothing is sent. */
  readonly holdSeconds: number;
  /** Above so many persons the operator has to approve it; null where none has to be approved. */
  readonly approvalOver: number | null;
  /** Above so many persons it has to be previewed and confirmed; null where none has to be. */
  readonly previewOver?: number | null | undefined;
}

/** What the client asked for, where nothing was resolved: what is sent. */
export const askedOf = ({ deletion, resolved }: DeletionOrder): DeletionTarget =>
  resolved?.asked ?? deletion.target;

/** The slices that the persons must be in when they are sent; null where no slice is checked. */
export function slicesOf({
  resolved,
  slices = [],
}: Pick<DeletionOrder, 'resolved' | 'slices'>): readonly Slice[] | null {
  const checked = resolved?.slices ?? slices;
  return checked.length === 0 ? null : checked;
}

/** Where a grant may reset distinct ids. */
export interface ResetScope {
  readonly projectId: ProjectId;
  readonly slices: readonly Slice[];
  readonly registration: RegistrationId;
}

/** Whose view of the log is asked for. The operator sees every entry. */
export type LogView =
  | { readonly kind: 'operator' }
  | {
      readonly kind: 'tenant';
      /** Only entries of this registration are shown. */
      readonly registration: RegistrationId;
      /** Only entries made under slices that these cover are shown. */
      readonly slices: readonly Slice[];
      /**
       * True where entries that named persons by distinct id are left out. Their digest would confirm a guessed id, and
       * so would their counts and their state.
       */
      readonly distinctIdsHidden: boolean;
    };

/** What a client is told beside the deletion. */
export interface Told {
  /** The deletion is an earlier one, which its idempotency key stands for. */
  readonly replayed: boolean;
  /** The same persons, named by the same token without a key less than a minute before. */
  readonly likelyRepeatOf: DeletionId | null;
  /** What is left of each budget afterwards. */
  readonly budgets: readonly DeletionBudget[];
}

/** A deletion that was written down, and what its caller is told. */
export interface DeletionResult extends Told {
  readonly entry: DeletionId;
  readonly interpretation: Interpretation;
  /** Present where it is held, or will be sent again by itself: its state, in the place of an answer of PostHog's. */
  readonly pending: PendingState | null;
}

export interface PendingState {
  readonly state: JobState;
  /** How many ids PostHog is sent. */
  readonly persons: number;
  readonly next_attempt_at: string | null;
  readonly last_problem: string | null;
  /** In plain words what holds it, where that is more than its own rules. */
  readonly note: string | null;
}

/** The deletion that an idempotency key stands for. */
export interface ReplayedDeletion extends DeletionResult {
  readonly job: DeletionEntry;
}

/** A deletion that was written down for the alarm to send. */
export interface CreatedDeletion extends Told {
  readonly entry: DeletionEntry;
}

/** A deletion whose preview was confirmed, now or by the earlier request with the same key. */
export interface ConfirmedDeletion {
  readonly entry: DeletionEntry;
  readonly replayed: boolean;
}

/** How much a deletion would spend, of which budgets. */
export interface BudgetAsk {
  readonly registration: RegistrationId;
  readonly budgets: readonly Budget[];
  /** Persons it names; 0 asks for nothing but what is left. */
  readonly persons: number;
}

export type { DeletionDetail, DeletionEntry, DeletionStatus } from '../../contract/deletion.ts';

/** A column of JSON text, parsed; pipe it into what it should hold. */
export const JsonColumn = z.pipe(
  z.string(),
  z.transform((text): unknown => parseJson(text)),
);

const flag = z.pipe(
  z.literal([0, 1]),
  z.transform((value) => value === 1),
);
const instant = z.pipe(
  z.int(),
  z.transform((ms) => new Date(ms).toISOString()),
);

/** The rows of the log hold times as milliseconds, flags as 0 and 1, and lists as JSON text. */
const stored = {
  ancestors: JsonColumn,
  ancestor_names: JsonColumn,
  ids_replaced_at: z.nullable(instant),
  delete_events: flag,
  delete_recordings: flag,
  keep_person: flag,
  awaits_approval: flag,
  intended_at: instant,
  last_attempt_at: z.nullable(instant),
  next_attempt_at: z.nullable(instant),
};

const StoredOutcome = lazily(() =>
  z.looseObject({
    events_queued_for_deletion: z.nullable(flag),
    recordings_queued_for_deletion: z.nullable(flag),
    settled_at: instant,
  }),
);

const StoredVerification = lazily(() =>
  z.object({
    last_look_at: z.nullable(z.int()),
    gone: z.int(),
    reappeared: z.int(),
    left_slice: z.nullable(z.int()),
    not_checked: z.int(),
    /** Null where the persons stay, and only their events are looked for. */
    looked_for: z.nullable(z.int()),
    /** Of a deletion that ended before PostHog had accepted all of its calls: the persons of those that were. */
    accepted: z.optional(z.int()),
    events: z.nullable(
      z.object({ completed: z.int(), pending: z.int(), not_queued: z.int(), unknown: z.int() }),
    ),
  }),
);

const StoredEntry = lazily(() =>
  z.looseObject({
    ...stored,
    state: z.enum(JOB_STATES),
    event: z.nullable(z.enum(JOB_EVENTS)),
    chunks: z.int(),
    chunks_accepted: z.int(),
    chunk_attempts: z.int(),
    settled: z.nullable(z.enum(['accepted', 'refused'])),
    sent: z.int(),
    verification: z.nullable(z.pipe(JsonColumn, StoredVerification())),
  }),
);

/** Persons that were looked for, and that no other count has, are still there. */
function verificationOf(
  { last_look_at, looked_for, events, accepted, ...counts }: z.output<ReturnType<typeof StoredVerification>>,
  sent: number,
): DeletionEntry['verification'] {
  const { gone, reappeared, left_slice, not_checked } = counts;
  return {
    ...counts,
    last_look_at: last_look_at === null ? null : new Date(last_look_at).toISOString(),
    still_there: looked_for === null ? 0 : looked_for - gone - reappeared - (left_slice ?? 0) - not_checked,
    unknown: looked_for === null ? 0 : (accepted ?? sent) - looked_for,
    events_completed: events?.completed ?? null,
    events_pending: events?.pending ?? null,
    events_not_queued: events?.not_queued ?? null,
    events_unknown: events?.unknown ?? null,
  };
}

/**
 * Reads a row of the log: its columns are called as the members of an entry are.
 * @throws where the row is not what the log writes.
 */
export function entryOf(row: unknown): DeletionEntry {
  const {
    settled,
    event,
    chunks,
    chunks_accepted: accepted,
    verification,
    ...rest
  } = StoredEntry().parse(row);
  return DeletionEntry().parse({
    ...rest,
    awaits_approval: rest.state === 'held' && rest.awaits_approval,
    reason: reasonOf(rest.state, event),
    chunks: { total: chunks, accepted, unknown: isUnknown(rest) ? 1 : 0 },
    verification: verification === null ? null : verificationOf(verification, rest.sent),
    outcome: settled === null ? null : StoredOutcome().parse(row),
  });
}

/** Why it ended otherwise than asked for, or that the fuse holds it. */
function reasonOf(state: JobState, event: JobEvent | null): string | null {
  if (state === 'held' && event === 'fuse_blown') return 'fuse';
  return isEnd(state) && !isSuccess(state) ? event : null;
}

/** Chunks are sent one after another, so one at most is unknown. */
const isUnknown = ({
  state,
  chunk_attempts: attempts,
}: {
  state: JobState;
  chunk_attempts: number;
}): boolean => state === 'sending' && attempts > 0;
