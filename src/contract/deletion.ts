/** An entry of the deletion log, as it goes out in JSON and CSV. The stored rows are read by this schema too. */
import { lazily } from '../core/lazily.ts';
import { OperatorName } from '../core/operators.ts';
import * as z from 'zod/mini';
import { DeletingOperation } from '../catalogue/deletion.ts';
import { GENERATIONS } from '../catalogue/generation.ts';
import { Actor, DeletionId, ProjectId, RegistrationId, TenantId, TokenId } from '../core/ids.ts';

export const DELETION_STATES = [
  'resolving',
  'previewed',
  'held',
  'sending',
  'settling',
  'done',
  'nobody',
  'failed',
  'cancelled',
] as const;

const count = lazily(() => z.nullable(z.int()));

/** The numbers are PostHog's own, added up where it was sent again what it had not deleted; null where it did not say. */
const Outcome = lazily(() =>
  z.object({
    status: z.nullable(z.int()),
    persons_found: count(),
    persons_deleted: count(),
    persons_queued_for_deletion: count(),
    events_queued_for_deletion: z.nullable(z.boolean()),
    recordings_queued_for_deletion: z.nullable(z.boolean()),
    deletion_errors: count(),
    settled_at: z.iso.datetime(),
    duration_ms: z.int(),
  }),
);

const Chunks = lazily(() =>
  z.object({
    total: z.int(),
    accepted: z.int(),
    unknown: z.int().register(z.globalRegistry, {
      description: 'Chunks that were sent and whose end PostHog did not tell.',
    }),
  }),
);

const Verification = lazily(() =>
  z.object({
    last_look_at: z.nullable(z.iso.datetime()),
    gone: z.int().register(z.globalRegistry, { description: 'Persons that PostHog no longer has.' }),
    still_there: z
      .int()
      .register(z.globalRegistry, { description: 'Persons that PostHog still had at the last look.' }),
    reappeared: z.int().register(z.globalRegistry, {
      description:
        'Persons that PostHog has again: created after the deletion was sent, or found after they were gone.',
    }),
    left_slice: count().clone().register(z.globalRegistry, {
      description:
        'Persons that PostHog has and that are no longer in the slice: they are not sent again. Null for tokens that have a slice: to them, such persons are gone.',
    }),
    not_checked: z
      .int()
      .register(z.globalRegistry, { description: 'More than are read one by one in generation A.' }),
    unknown: z.int().register(z.globalRegistry, {
      description:
        'Persons that were not looked at, or not yet. Of a deletion that failed before all of its calls were accepted, those of the calls that were: nothing looks for them.',
    }),
    events_completed: count().clone().register(z.globalRegistry, {
      description:
        'Persons whose events are deleted. The four are null where PostHog was not asked about events.',
    }),
    events_pending: count(),
    events_not_queued: count().clone().register(z.globalRegistry, {
      description: 'Persons whose events PostHog did not queue: its queue takes a UUID only once, ever.',
    }),
    events_unknown: count(),
  }),
);

export const DeletionEntry = lazily(() =>
  z
    .object({
      id: DeletionId,
      state: z.enum(DELETION_STATES).register(z.globalRegistry, {
        description:
          '`held` before anything is sent, `sending` while it is sent or the end of a chunk is unknown, `settling` while persons are still looked for, `nobody` where the ids, or the filter, matched no person and nothing was sent.',
      }),
      operation: DeletingOperation,
      project_id: ProjectId,
      tenant: TenantId,
      token: TokenId,
      ancestors: z
        .array(TokenId)
        .register(z.globalRegistry, { description: 'The tokens it was derived from, oldest first.' }),
      request_id: z.string(),
      target: z
        .enum(['uuids', 'distinct_ids', 'person'])
        .register(z.globalRegistry, { description: 'How persons were named.' }),
      asked: z.int().register(z.globalRegistry, { description: 'How many distinct ids were asked for.' }),
      in_slice: count().clone().register(z.globalRegistry, {
        description: 'How many of the persons are in the slice; null where no slice was checked.',
      }),
      sent: z.int().register(z.globalRegistry, {
        description:
          'How many ids PostHog is sent. Where a slice is checked, persons are looked up right before they are sent, so it grows as chunks are.',
      }),
      delete_events: z.boolean(),
      delete_recordings: z.boolean(),
      keep_person: z.boolean(),
      digest: z.string().register(z.globalRegistry, { description: 'Over the ids that were asked for.' }),
      intended_at: z.iso.datetime(),
      attempts: z.int().register(z.globalRegistry, { description: 'How often it was sent.' }),
      last_attempt_at: z.nullable(z.iso.datetime()),
      next_attempt_at: z
        .nullable(z.iso.datetime())
        .register(z.globalRegistry, { description: 'When an unknown entry is due.' }),
      last_problem: z.nullable(z.string()).register(z.globalRegistry, {
        description: 'What the last attempt that settled nothing ran into, or why the entry was held back.',
      }),
      outcome: z.nullable(Outcome()),
      awaits_approval: z
        .boolean()
        .register(z.globalRegistry, { description: 'It is held until an operator approves or rejects it.' }),
      registration: z.nullable(RegistrationId).register(z.globalRegistry, {
        description:
          'The registration of the tenant that it was made under; null for entries from before there were any.',
      }),
      not_deleted: count().clone().register(z.globalRegistry, {
        description:
          'How many persons PostHog said it had not deleted; they are sent again. Null where it said so of none.',
      }),
      generation: z.nullable(z.enum(GENERATIONS)).register(z.globalRegistry, {
        description: 'Of the PostHog it is meant for; null for entries from before the log kept it.',
      }),
      left_slice: count().clone().register(z.globalRegistry, {
        description:
          'How many persons were in the slice and were found outside when they were to be sent, so they were not sent. Null where no slice was checked, and for tokens that have a slice.',
      }),
      reason: z.nullable(z.string()).register(z.globalRegistry, {
        description:
          'Why it failed or was cancelled, or `fuse` while the fuse of the operator holds it: `refused`, `abandoned`, `cancelled`, `rejected`, …; `matched_all` where a filter names everybody and does not say so; after seven days `undecided`, where it is not known whether the rest was deleted, or `given_up`, where nothing of the rest was.',
      }),
      note: z.nullable(z.string()).register(z.globalRegistry, {
        description:
          'The reason that a person gave, or what held it back until it was given up; what to do about `matched_all`; that accepted calls were not looked at; in plain words what the fuse of the operator does.',
      }),
      chunks: Chunks().clone().register(z.globalRegistry, {
        description: 'The calls it is sent in, of at most 1,000 persons each.',
      }),
      verification: z.nullable(Verification()).register(z.globalRegistry, {
        description:
          'What became of the persons, counted in the ids that were sent. Where profiles stay it counts their events alone, and is null where those cannot be seen. Null until PostHog has accepted all calls, or one of several before the deletion failed.',
      }),
      token_name: z
        .nullable(z.string())
        .register(z.globalRegistry, { description: 'Null for entries from before the log kept it.' }),
      actor: z.nullable(Actor).register(z.globalRegistry, {
        description: 'The end user or the ticket that the token was made for; null where none was named.',
      }),
      ancestor_names: z
        .array(z.nullable(z.string()))
        .register(z.globalRegistry, { description: 'The names of `ancestors`, in their order.' }),
      minted_by: z.nullable(OperatorName).register(z.globalRegistry, {
        description:
          'The operator who minted the token that asked, or the oldest of its ancestors. Null to the tenant, and where it is not known.',
      }),
      ids_replaced_at: z.nullable(z.iso.datetime()).register(z.globalRegistry, {
        description:
          'When its ids, and its digest, were replaced by keyed digests, because they had been kept for `deletes.keep_ids_days`. Null while they are kept.',
      }),
    })
    .register(z.globalRegistry, { id: 'Deletion' }),
);
export type DeletionEntry = z.output<ReturnType<typeof DeletionEntry>>;

/** How far a deletion has come, in persons. */
export const DeletionProgress = /* @__PURE__ */ lazily(() =>
  z
    .object({
      asked: z.int(),
      in_slice: count(),
      found: count().clone().register(z.globalRegistry, {
        description: 'Persons PostHog has, of those it was sent; null where it did not say.',
      }),
      sent: z.int().register(z.globalRegistry, { description: 'Ids of the calls that were made.' }),
      confirmed: count().clone().register(z.globalRegistry, {
        description: 'Persons PostHog said it had deleted, or queued for it; null where it did not say.',
      }),
      failed: z.int().register(z.globalRegistry, {
        description:
          'Ids of a failed deletion that PostHog did not accept, and persons it said it had not deleted.',
      }),
      persons_per_minute: count()
        .clone()
        .register(z.globalRegistry, { description: 'Null until PostHog has accepted a call.' }),
      seconds_left: count().clone().register(z.globalRegistry, {
        description: 'At that rate; 0 where the deletion has ended, null where it cannot be told.',
      }),
    })
    .register(z.globalRegistry, { id: 'DeletionProgress' }),
);
export type DeletionProgress = z.output<ReturnType<typeof DeletionProgress>>;

/** One entry with how far it has come. */
export const DeletionStatus = /* @__PURE__ */ lazily(() =>
  z.extend(DeletionEntry(), { progress: DeletionProgress() }).register(z.globalRegistry, {
    id: 'DeletionStatus',
  }),
);
export type DeletionStatus = z.output<ReturnType<typeof DeletionStatus>>;

const idsOfOneCall = /* @__PURE__ */ lazily(() => z.nullable(z.array(z.string())));

/** The same with its ids: as they were asked for, and as PostHog is sent them. */
export const DeletionDetail = /* @__PURE__ */ lazily(() =>
  z
    .extend(DeletionStatus(), {
      ids: idsOfOneCall().clone().register(z.globalRegistry, {
        description: 'Null where there are more than 1,000: `GET …/:id/ids` lists them, a thousand a page.',
      }),
      sent_ids: idsOfOneCall().clone().register(z.globalRegistry, { description: 'Null where `ids` is.' }),
      left_slice_ids: z
        .nullable(z.array(z.string()))
        .register(z.globalRegistry, { description: 'The UUIDs of the persons that `left_slice` counts.' }),
    })
    .register(z.globalRegistry, { id: 'DeletionDetail' }),
);
export type DeletionDetail = z.output<ReturnType<typeof DeletionDetail>>;

const NESTED = lazily((): { readonly [name: string]: z.ZodMiniObject } => ({
  outcome: Outcome(),
  chunks: Chunks(),
  verification: Verification(),
}));

/** The columns of the log as a table: the members of an entry, those of an object in it with a dot. */
export const DELETION_COLUMNS = lazily((): readonly string[] =>
  Object.keys(DeletionEntry().shape).flatMap((name) => {
    const nested = NESTED()[name];
    return nested === undefined ? [name] : Object.keys(nested.shape).map((member) => `${name}.${member}`);
  }),
);
