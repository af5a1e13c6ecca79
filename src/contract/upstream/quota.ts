/** What `GET /admin/v1/upstream` answers: how PostHog's limits stand, and which tenant has how much of them. */
import * as z from 'zod/mini';
import { ProjectId, TenantId } from '../../core/ids.ts';
import { lazily } from '../../core/lazily.ts';

const TenantShare = /* @__PURE__ */ lazily(() =>
  z.object({
    tenant: TenantId,
    weight: z.int(),
    share_per_minute: z.int().register(z.globalRegistry, {
      description: 'Requests a minute that are its own while all tenants of the list ask.',
    }),
    used: z.int().register(z.globalRegistry, { description: 'Requests of the last minute.' }),
    waiting: z.int().register(z.globalRegistry, { description: 'Requests that wait for their turn now.' }),
  }),
);

const Quota = /* @__PURE__ */ lazily(() =>
  z.object({
    kind: z.enum(['reads', 'deletes']).register(z.globalRegistry, {
      description:
        'PostHog counts them apart. `reads` also counts queries and changes, and in generation A deletes.',
    }),
    per_minute: z.int().register(z.globalRegistry, { description: 'What PostHog is taken to allow.' }),
    learned_per_minute: z.int().register(z.globalRegistry, {
      description: 'What it is asked at most now: less than that for a while after it answered 429.',
    }),
    reserved_per_minute: z.int().register(z.globalRegistry, {
      description: 'The part of it for deletes and their look-ups.',
    }),
    used: z.int().register(z.globalRegistry, {
      description: 'Requests of the last minute, with those that an isolate may send and has not.',
    }),
    reserved_used: z.int(),
    paused_seconds: z.int().register(z.globalRegistry, {
      description: 'Until PostHog may be asked again; 0 where it may.',
    }),
    tenants: z.array(TenantShare()).register(z.globalRegistry, {
      description: 'The tenants that asked within the last minute.',
    }),
  }),
);

export const UpstreamStatus = /* @__PURE__ */ lazily(() =>
  z
    .object({
      projects: z.array(z.object({ project_id: ProjectId, quotas: z.array(Quota()) })),
      projects_left_out: z.array(z.int()).register(z.globalRegistry, {
        description: 'Projects of tenants that are not shown, because there are too many: name one.',
      }),
    })
    .register(z.globalRegistry, { id: 'UpstreamStatus' }),
);
export type UpstreamStatus = z.output<ReturnType<typeof UpstreamStatus>>;
