/** What `GET /admin/v1/check` takes and answers. */
import { lazily } from '../../core/lazily.ts';
import * as z from 'zod/mini';
import { json } from '../../catalogue/fields/values.ts';
import { ProjectId } from '../../core/ids.ts';

export const CheckQuery = lazily(() => z.strictObject({ project_id: z.optional(json(ProjectId)) }));

/** `good` is null where PostHog did not get as far as to say. `says` is for the operator to read. */
const finding = /* @__PURE__ */ lazily(() => ({ good: z.nullable(z.boolean()), says: z.string() }));

export const UpstreamCheck = /* @__PURE__ */ lazily(() =>
  z
    .object({
      /** True where everything below is. */
      good: z.boolean(),
      host: z.object(finding()),
      key: z.object(finding()),
      /** Each scope with the operations that need it. */
      scopes: z.array(z.object({ scope: z.string(), operations: z.array(z.string()), ...finding() })),
      projects: z.array(z.object({ project_id: z.int(), ...finding() })),
      /** Projects of tenants that were not asked about, because there are too many for one check. */
      projects_left_out: z.array(z.int()),
    })
    .register(z.globalRegistry, { id: 'UpstreamCheck' }),
);
export type UpstreamCheck = z.output<ReturnType<typeof UpstreamCheck>>;
