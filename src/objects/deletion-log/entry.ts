/** What the deletion log is given, what it shows, and how the one becomes the other. */
import * as z from 'zod';
import { DeletingOperation, type Deletion, type DeletionTarget } from '../../catalogue/deletion.ts';
import {
  DeletionId,
  PersonRef,
  PersonUuid,
  ProjectId,
  TokenId,
  type RequestId,
  type TenantId,
} from '../../core/ids.ts';
import { parseJson } from '../../core/json.ts';
import type { Slice } from '../../policy/slice.ts';
import type { Interpretation } from '../../upstream/interpret.ts';
import type { Budget } from './budget.ts';
import { instantOf } from './id.ts';
import type { Addressed } from './hold.ts';

/** A deletion that was decided on, with who asked for it and what it may cost. */
export interface DeletionOrder {
  readonly tenant: TenantId;
  readonly requestId: RequestId;
  readonly token: TokenId;
  /** The tokens it was derived from, the oldest first. */
  readonly ancestors: readonly TokenId[];
  /** What PostHog is to be sent. */
  readonly deletion: Deletion;
  /** There where a sliced grant asked: what is to be sent was found by resolving what it asked for. */
  readonly resolved?: Resolved;
  /** The budgets to spend from: the tenant's, and that of every token of the chain that has its own. */
  readonly budgets: readonly Budget[];
}

/** How a deletion of a sliced grant came from what its client asked for. */
export interface Resolved {
  /** What the client asked for, foreign and unknown ids included. The deletion names the persons of it in the slice. */
  readonly asked: DeletionTarget;
  /**
   * Distinct ids of the persons that are deleted, as many as could be seen. An id that was asked for belongs here only
   * where its person is in the slice: whoever holds the grant may reset these.
   */
  readonly distinctIds: readonly string[];
  /** The slices of the grant the persons were checked against; all of them hold. */
  readonly slices: readonly Slice[];
}

/** What the client asked for, where nothing was resolved: what is sent. */
export const askedOf = ({ deletion, resolved }: DeletionOrder): DeletionTarget =>
  resolved?.asked ?? deletion.target;

/** Where a grant may reset distinct ids. */
export interface ResetScope {
  readonly projectId: ProjectId;
  readonly slices: readonly Slice[];
}

/** A deletion that was written down and sent, and what PostHog made of it. */
export interface Carried {
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
  entry: z.int(),
  id: DeletionId,
  settled: z.enum(['accepted', 'refused']).nullable(),
  operation: DeletingOperation,
  project_id: ProjectId,
  tenant: z.string(),
  token: TokenId,
  ancestors: JsonColumn.pipe(z.array(TokenId)),
  request_id: z.string(),
  target: z.enum(['uuids', 'distinct_ids', 'person']),
  asked: z.int(),
  in_slice: count,
  sent: z.int(),
  delete_events: flag,
  delete_recordings: flag,
  keep_person: flag,
  digest: z.string(),
  attempts: z.int(),
  last_attempt_at: instant.nullable(),
  next_attempt_at: instant.nullable(),
  last_problem: z.string().nullable(),
});

/**
 * One entry as it goes out, in JSON and CSV. Times are ISO 8601.
 *
 * `state` is `unknown` until an outcome is written. Until then `next_attempt_at` says when the entry is due, and
 * `last_problem` why it was held back then (see `Obstacle`), or what the last attempt that settled nothing ran into.
 * `attempts` counts the times it was sent. `target` says how persons were named, `asked` by how many distinct ids, and
 * `digest` (see `digestOf`) is over these. `in_slice` counts the persons of them in the slice, null where no slice was
 * checked; `sent` counts the ids PostHog is sent. An outcome's numbers are PostHog's own, of the attempt that settled
 * the entry. Which PostHog that is, is not shown.
 */
export interface DeletionEntry extends Omit<z.output<typeof StoredEntry>, 'entry' | 'settled'> {
  state: 'unknown' | 'accepted' | 'refused';
  intended_at: string;
  outcome: z.output<typeof StoredOutcome> | null;
}

/** One entry with its ids: as they were asked for, and as PostHog is sent them. */
export interface DeletionDetail extends DeletionEntry {
  ids: string[];
  sent_ids: string[];
}

/** Reads a row of the log. @throws where the row is not what the log writes. */
export function entryOf(row: unknown): DeletionEntry {
  const { entry, settled, id, ...rest } = StoredEntry.parse(row);
  return {
    id,
    state: settled ?? 'unknown',
    ...rest,
    intended_at: new Date(instantOf(entry)).toISOString(),
    outcome: settled === null ? null : StoredOutcome.parse(row),
  };
}

const StoredTarget = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('uuids'), ids: z.array(PersonUuid) }),
  z.object({ kind: z.literal('distinct_ids'), ids: z.array(z.string()) }),
  z.object({ kind: z.literal('person'), ids: z.tuple([PersonRef]) }),
]);

const StoredAddressed = z.object({
  origin: z.string().nullable(),
  operation: DeletingOperation,
  project_id: ProjectId,
  target: z.string(),
  delete_events: flag,
  delete_recordings: flag,
  keep_person: flag,
  ids: JsonColumn.pipe(z.array(z.string())),
});

/** What an intent stands for. @throws where the row is not what the log writes. */
export function addressedOf(row: unknown): Addressed {
  const { origin, operation, project_id: projectId, target, ids, ...flags } = StoredAddressed.parse(row);
  const deletion = { operation, projectId, target: StoredTarget.parse({ kind: target, ids }), flags };
  return { deletion, origin };
}
