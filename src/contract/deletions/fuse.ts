/** What the operator is shown of the fuse over the deletions of all tenants. */
import { lazily } from '../../core/lazily.ts';
import * as z from 'zod/mini';
import { DeletionId, TenantId } from '../../core/ids.ts';

const Tripped = /* @__PURE__ */ lazily(() =>
  z.object({
    since: z.iso.datetime(),
    tenant: TenantId,
    deletion: DeletionId,
    persons: z.int().register(z.globalRegistry, { description: 'How many the deletion was to delete.' }),
  }),
);

const Reset = /* @__PURE__ */ lazily(() => z.object({ at: z.iso.datetime(), note: z.nullable(z.string()) }));

export const FuseStatus = /* @__PURE__ */ lazily(() =>
  z
    .object({
      persons_per_day: z.nullable(z.int()).register(z.globalRegistry, {
        description: '`DELETE_FUSE_PERSONS_PER_DAY`: persons in any 24 hours; null without a fuse.',
      }),
      remaining: z.nullable(z.int()).register(z.globalRegistry, {
        description: 'Persons that fit now, once it is not tripped; null without a fuse.',
      }),
      more_in_seconds: z.nullable(z.int()).register(z.globalRegistry, {
        description: 'Until the oldest deletion that counts is a day old; null where none counts.',
      }),
      tripped: z.nullable(Tripped()).register(z.globalRegistry, {
        description: 'Since when deletions of all tenants are held, and by which; null while they are not.',
      }),
      last_reset: z.nullable(Reset()),
    })
    .register(z.globalRegistry, { id: 'Fuse' }),
);
export type FuseStatus = z.output<ReturnType<typeof FuseStatus>>;
