/** What the deletion log is given, what it shows, and how the one becomes the other. */
import * as z from 'zod';
import { DeletingOperation, type Deletion, type DeletionTarget } from '../../catalogue/deletion.ts';
import {
  type DeletionId,
  PersonRef,
  PersonUuid,
  ProjectId,
  type RegistrationId,
  type TokenId,
  type RequestId,
  type TenantId,
} from '../../core/ids.ts';
import { DeletionEntry } from '../../contract/deletion.ts';
import { parseJson } from '../../core/json.ts';
import type { Slice } from '../../policy/slice.ts';
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

export type { DeletionDetail, DeletionEntry } from '../../contract/deletion.ts';

/** A column of JSON text, parsed; pipe it into what it should hold. */
export const JsonColumn = z.string().transform((text): unknown => parseJson(text));

const flag = z.literal([0, 1]).transform((value) => value === 1);
const instant = z.int().transform((ms) => new Date(ms).toISOString());

/** The rows of the log hold times as milliseconds, flags as 0 and 1, and lists as JSON text. */
const stored = {
  ancestors: JsonColumn,
  delete_events: flag,
  delete_recordings: flag,
  keep_person: flag,
  intended_at: instant,
  last_attempt_at: instant.nullable(),
  next_attempt_at: instant.nullable(),
};

const StoredOutcome = z.looseObject({
  events_queued_for_deletion: flag.nullable(),
  recordings_queued_for_deletion: flag.nullable(),
  settled_at: instant,
});

const StoredEntry = z.looseObject({
  ...stored,
  settled: z.enum(['accepted', 'refused']).nullable(),
});

/**
 * Reads a row of the log: its columns are called as the members of an entry are.
 * @throws where the row is not what the log writes.
 */
export function entryOf(row: unknown): DeletionEntry {
  const { settled, ...rest } = StoredEntry.parse(row);
  return DeletionEntry.parse({
    ...rest,
    state: settled ?? 'unknown',
    outcome: settled === null ? null : StoredOutcome.parse(row),
  });
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
