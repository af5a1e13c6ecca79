/** What the operator is shown of the fuse over the deletions of all tenants. */
import { lazily } from '../../core/lazily.ts';
import * as z from 'zod';
import { DeletionId, TenantId } from '../../core/ids.ts';

const Tripped = /* @__PURE__ */ lazily(() =>
  z.object({
    since: z.iso.datetime(),
    tenant: TenantId,
    deletion: DeletionId,
    persons: z.int().meta({ description: 'How many the deletion was to delete.' }),
  }),
);

const Reset = /* @__PURE__ */ lazily(() => z.object({ at: z.iso.datetime(), note: z.string().nullable() }));

export const FuseStatus = /* @__PURE__ */ lazily(() =>
  z
    .object({
      persons_per_day: z.int().nullable().meta({
        description: '`DELETE_FUSE_PERSONS_PER_DAY`: persons in any 24 hours; null without a fuse.',
      }),
      remaining: z
        .int()
        .nullable()
        .meta({ description: 'Persons that fit now, once it is not tripped; null without a fuse.' }),
      more_in_seconds: z.int().nullable().meta({
        description: 'Until the oldest deletion that counts is a day old; null where none counts.',
      }),
      tripped: Tripped().nullable().meta({
        description: 'Since when deletions of all tenants are held, and by which; null while they are not.',
      }),
      last_reset: Reset().nullable(),
    })
    .meta({ id: 'Fuse' }),
);
export type FuseStatus = z.output<ReturnType<typeof FuseStatus>>;
