/** What the deletion log is given, what it shows, and how the one becomes the other. */
import * as z from 'zod';
import { DeletingOperation, type Deletion, type DeletionTarget } from '../../catalogue/deletion.ts';
import {
  DeletionId,
  PersonRef,
  PersonUuid,
  ProjectId,
  RegistrationId,
  TokenId,
  type RequestId,
  type TenantId,
} from '../../core/ids.ts';
import { parseJson } from '../../core/json.ts';
import type { Slice } from '../../policy/grant.ts';
import type { Resolution } from '../../slicing/resolve-deletion.ts';
import type { Interpretation } from '../../upstream/interpret.ts';
import type { Budget } from './budget.ts';
import type { PendingDeletion } from './hold.ts';

/** A deletion that was decided on, with who asked for it and what it may cost. */
export interface DeletionOrder {
  readonly tenant: TenantId;
  /** The registration the request was admitted under. */
  readonly registration: RegistrationId;
  readonly requestId: RequestId;
  readonly token: TokenId;
  /** The tokens it was derived from, the oldest first. */
  readonly ancestors: readonly TokenId[];
  /** What PostHog is to be sent. */
  readonly deletion: Deletion;
  /** Present where a sliced grant asked: what is to be sent was found by resolving what it asked for. */
  readonly resolved?: Resolution;
  /** The budgets to spend from: the tenant's, and that of every token of the chain that has its own. */
  readonly budgets: readonly Budget[];
}

/** What the client asked for, where nothing was resolved: what is sent. */
export const askedOf = ({ deletion, resolved }: DeletionOrder): DeletionTarget =>
  resolved?.asked ?? deletion.target;

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

/** A deletion that was written down, and what its caller is told. */
export interface DeletionResult {
  readonly entry: DeletionId;
  readonly interpretation: Interpretation;
}

/** A column of JSON text, parsed; pipe it into what it should hold. */
export const JsonColumn = z.string().transform((text): unknown => parseJson(text));

const flag = z.literal([0, 1]).transform((value) => value === 1);
const count = z.int().nullable();
const instant = z.int().transform((ms) => new Date(ms).toISOString());

const StoredOutcome = z.object({
  status: z.int().nullable(),
  persons_found: count,
  persons_deleted: count,
  persons_queued_for_deletion: count,
  events_queued_for_deletion: flag.nullable(),
  recordings_queued_for_deletion: flag.nullable(),
  deletion_errors: count,
  settled_at: instant,
  duration_ms: z.int(),
});

const StoredEntry = z.object({
  id: DeletionId,
  settled: z.enum(['accepted', 'refused']).nullable(),
  operation: DeletingOperation,
  project_id: ProjectId,
  tenant: z.string(),
  registration: RegistrationId.nullable(),
  token: TokenId,
  ancestors: JsonColumn.pipe(z.array(TokenId)),
  request_id: z.string(),
  target: z.enum(['uuids', 'distinct_ids', 'person']),
  /** Distinct ids that were asked for; `in_slice` counts the persons of these in the slice, null without a slice. */
  asked: z.int(),
  in_slice: count,
  /** Distinct ids that PostHog is sent. */
  sent: z.int(),
  delete_events: flag,
  delete_recordings: flag,
  keep_person: flag,
  /** Over what was asked for; see `digestOf`. */
  digest: z.string(),
  intended_at: instant,
  attempts: z.int(),
  last_attempt_at: instant.nullable(),
  next_attempt_at: instant.nullable(),
  last_problem: z.string().nullable(),
  /** Persons that PostHog said it had not deleted, which are sent again; null where it said so of none. */
  not_deleted: count,
});

/**
 * One entry as it goes out, in JSON and CSV. Times are ISO 8601. Which PostHog it is meant for is not shown.
 *
 * `state` is `unknown` until an outcome is written. Until then `next_attempt_at` says when the entry is due, and
 * `last_problem` why it was held back (see `HoldReason`) or what the last attempt that settled nothing ran into.
 */
export interface DeletionEntry extends Omit<z.output<typeof StoredEntry>, 'settled'> {
  state: 'unknown' | 'accepted' | 'refused';
  /** PostHog's own numbers; added up where persons were sent again because PostHog had not deleted them. */
  outcome: z.output<typeof StoredOutcome> | null;
}

/** One entry with its ids: as they were asked for, and as PostHog is sent them. */
export interface DeletionDetail extends DeletionEntry {
  ids: string[];
  sent_ids: string[];
}

/** Reads a row of the log. @throws where the row is not what the log writes. */
export function entryOf(row: unknown): DeletionEntry {
  const { settled, id, ...rest } = StoredEntry.parse(row);
  return {
    id,
    state: settled ?? 'unknown',
    ...rest,
    outcome: settled === null ? null : StoredOutcome.parse(row),
  };
}

const StoredTarget = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('uuids'), ids: z.array(PersonUuid) }),
  z.object({ kind: z.literal('distinct_ids'), ids: z.array(z.string()) }),
  z.object({ kind: z.literal('person'), ids: z.tuple([PersonRef]) }),
]);

const StoredPending = z.object({
  origin: z.string().nullable(),
  operation: DeletingOperation,
  project_id: ProjectId,
  target: z.string(),
  delete_events: flag,
  delete_recordings: flag,
  keep_person: flag,
  ids: JsonColumn.pipe(z.array(z.string())),
});

/** What an entry has yet to send. @throws where the row is not what the log writes. */
export function pendingOf(row: unknown): PendingDeletion {
  const { origin, operation, project_id: projectId, target, ids, ...flags } = StoredPending.parse(row);
  const deletion = { operation, projectId, target: StoredTarget.parse({ kind: target, ids }), flags };
  return { deletion, origin };
}
