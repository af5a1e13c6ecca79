/** What `GET /admin/v1/check` takes and answers. */
import { lazily } from '../../core/lazily.ts';
import * as z from 'zod/mini';
import { json } from '../../catalogue/fields/values.ts';
import { GENERATIONS } from '../../catalogue/generation.ts';
import { INSIGHT_ROUTES } from '../../catalogue/route.ts';
import { ProjectId, TenantId } from '../../core/ids.ts';

export const CheckQuery = lazily(() => z.strictObject({ project_id: z.optional(json(ProjectId)) }));

const finding = /* @__PURE__ */ lazily(() => ({
  good: z
    .nullable(z.boolean())
    .register(z.globalRegistry, { description: 'Null where PostHog did not get as far as to say.' }),
  says: z.string().register(z.globalRegistry, { description: 'What it means and what to do, to be read.' }),
}));

const text = (description: string) => z.string().register(z.globalRegistry, { description });
const count = (description: string) => z.int().register(z.globalRegistry, { description });

const Generation = /* @__PURE__ */ lazily(() =>
  z
    .object({
      configured: z.enum(GENERATIONS),
      possible: z.array(z.enum(GENERATIONS)).register(z.globalRegistry, {
        description:
          'Those that have the endpoints which this PostHog has. Reading does not tell the newest from C.',
      }),
      ...finding(),
    })
    .register(z.globalRegistry, { description: 'Which generation this PostHog is.' }),
);

const Insights = /* @__PURE__ */ lazily(() =>
  z.object({ route: z.enum(INSIGHT_ROUTES), ...finding() }).register(z.globalRegistry, {
    description: 'How PostHog is asked for insights, and whether the key may.',
  }),
);

const OwnersProject = /* @__PURE__ */ lazily(() =>
  z
    .object({
      configured: z.nullable(z.int()),
      open: z.nullable(z.int()).register(z.globalRegistry, {
        description: 'Null where the open project is not known, or is none of the checked projects.',
      }),
      ...finding(),
    })
    .register(z.globalRegistry, { description: 'The project that the owner of the key has open.' }),
);

const Clock = /* @__PURE__ */ lazily(() =>
  z.object({
    ahead_ms: z.nullable(z.int()).register(z.globalRegistry, {
      description: "How far PostHog's clock is ahead of the gateway's, to about a second.",
    }),
    ...finding(),
  }),
);

const SliceSample = /* @__PURE__ */ lazily(() =>
  z.object({
    project_id: z.int(),
    property: text('That slices of this project are made of.'),
    tenants: z.array(TenantId),
    sampled: count('Persons that were looked at: the newest of the project.'),
    present: count('Those that have the property.'),
    in_a_slice: count('Those whose value is in the slice of one of the tenants.'),
    ...finding(),
  }),
);

export const UpstreamCheck = /* @__PURE__ */ lazily(() =>
  z
    .object({
      good: z.boolean().register(z.globalRegistry, {
        description: 'Host, key, scopes and projects are good, and nothing else is bad.',
      }),
      host: z.object(finding()),
      key: z.object(finding()),
      scopes: z
        .array(z.object({ scope: z.string(), operations: z.array(z.string()), ...finding() }))
        .register(z.globalRegistry, { description: 'Each scope with the operations that need it.' }),
      projects: z.array(z.object({ project_id: z.int(), ...finding() })),
      projects_left_out: z.array(z.int()).register(z.globalRegistry, {
        description:
          'Projects of tenants that were not asked about, because there are too many for one check.',
      }),
      generation: Generation(),
      insights: Insights(),
      owners_project: OwnersProject(),
      clock: Clock(),
      slices: z.array(SliceSample()),
      deployment: z.object({ secrets: z.object(finding()), placement: z.object(finding()) }),
    })
    .register(z.globalRegistry, { id: 'UpstreamCheck' }),
);
export type UpstreamCheck = z.output<ReturnType<typeof UpstreamCheck>>;
