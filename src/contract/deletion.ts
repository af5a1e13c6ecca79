/** An entry of the deletion log, as it goes out in JSON and CSV. The stored rows are read by this schema too. */
import * as z from 'zod';
import { DeletingOperation } from '../catalogue/deletion.ts';
import { DeletionId, ProjectId, RegistrationId, TenantId, TokenId } from '../core/ids.ts';

const count = z.int().nullable();

/** The numbers are PostHog's own, added up where it was sent again what it had not deleted; null where it did not say. */
const Outcome = z.object({
  status: z.int().nullable(),
  persons_found: count,
  persons_deleted: count,
  persons_queued_for_deletion: count,
  events_queued_for_deletion: z.boolean().nullable(),
  recordings_queued_for_deletion: z.boolean().nullable(),
  deletion_errors: count,
  settled_at: z.iso.datetime(),
  duration_ms: z.int(),
});

export const DeletionEntry = z
  .object({
    id: DeletionId,
    state: z.enum(['unknown', 'accepted', 'refused']).meta({
      description: '`unknown` until there is an outcome.',
    }),
    operation: DeletingOperation,
    project_id: ProjectId,
    tenant: TenantId,
    token: TokenId,
    ancestors: z.array(TokenId).meta({ description: 'The tokens it was derived from, oldest first.' }),
    request_id: z.string(),
    target: z.enum(['uuids', 'distinct_ids', 'person']).meta({ description: 'How persons were named.' }),
    asked: z.int().meta({ description: 'How many distinct ids were asked for.' }),
    in_slice: count.meta({
      description: 'How many of the persons are in the slice; null where no slice was checked.',
    }),
    sent: z.int().meta({ description: 'How many ids PostHog is sent.' }),
    delete_events: z.boolean(),
    delete_recordings: z.boolean(),
    keep_person: z.boolean(),
    digest: z.string().meta({ description: 'Over the ids that were asked for.' }),
    intended_at: z.iso.datetime(),
    attempts: z.int().meta({ description: 'How often it was sent.' }),
    last_attempt_at: z.iso.datetime().nullable(),
    next_attempt_at: z.iso.datetime().nullable().meta({ description: 'When an unknown entry is due.' }),
    last_problem: z.string().nullable().meta({
      description: 'What the last attempt that settled nothing ran into, or why the entry was held back.',
    }),
    outcome: Outcome.nullable(),
    registration: RegistrationId.nullable().meta({
      description:
        'The registration of the tenant that it was made under; null for entries from before there were any.',
    }),
    not_deleted: count.meta({
      description:
        'How many persons PostHog said it had not deleted; they are sent again. Null where it said so of none.',
    }),
  })
  .meta({ id: 'Deletion' });
export type DeletionEntry = z.output<typeof DeletionEntry>;

/** One entry with its ids: as they were asked for, and as PostHog is sent them. */
export const DeletionDetail = DeletionEntry.extend({
  ids: z.array(z.string()),
  sent_ids: z.array(z.string()),
}).meta({ id: 'DeletionDetail' });
export type DeletionDetail = z.output<typeof DeletionDetail>;

/** The columns of the log as a table: the members of an entry, those of its outcome with a dot. */
export const DELETION_COLUMNS: readonly string[] = Object.keys(DeletionEntry.shape).flatMap((name) =>
  name === 'outcome' ? Object.keys(Outcome.shape).map((member) => `${name}.${member}`) : [name],
);
