/** An effective grant, in the words it is written in. */
import { lazily } from '../core/lazily.ts';
import * as z from 'zod/mini';
import { ProjectId } from '../core/ids.ts';
import { ScopeName } from '../core/scopes.ts';
import { Rate, type Grant as PolicyGrant } from '../policy/grant.ts';
import { writeSlice } from '../policy/slice.ts';
import type { ReadonlyDeep } from './exact.ts';

export const Grant = /* @__PURE__ */ lazily(() =>
  z
    .object({
      project_id: ProjectId,
      scopes: z.array(ScopeName),
      slices: z
        .array(z.object({ property: z.string(), value: z.union([z.string(), z.array(z.string())]) }))
        .register(z.globalRegistry, { description: 'All must hold. Empty: the whole project.' }),
      properties: z.object({
        hidden: z.array(z.string()),
        visible: z.nullable(z.array(z.string())),
        distinct_ids: z.enum(['hidden', 'visible']),
      }),
      split_out_of_slice: z.boolean(),
      rate: Rate,
      deletes: z.object({
        persons_per_day: z.int(),
        calls_per_minute: z.optional(z.int()),
        events: z.boolean(),
        recordings: z.boolean(),
        hold_seconds: z.int(),
        approval_over: z.optional(z.int()),
        preview_over: z.optional(z.int()),
      }),
      origins: z.array(z.string()).register(z.globalRegistry, {
        description:
          'Also those that the tenant added itself. A `*` stands for a part of one label of a host, or for any port or none.',
      }),
    })
    .register(z.globalRegistry, { id: 'Grant' }),
);
export type Grant = ReadonlyDeep<z.output<ReturnType<typeof Grant>>>;

export const grantReply = (grant: PolicyGrant): Grant => ({
  project_id: grant.project_id,
  scopes: grant.scopes,
  slices: grant.slices.map(writeSlice),
  properties: {
    hidden: grant.hidden,
    visible: grant.visible,
    distinct_ids: grant.distinct_ids_hidden ? 'hidden' : 'visible',
  },
  split_out_of_slice: grant.split_out_of_slice,
  rate: grant.rate,
  deletes: grant.deletes,
  origins: grant.origins,
});
