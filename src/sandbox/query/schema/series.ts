import * as z from 'zod';
import { leaves } from './filters.ts';

/** The series, steps and exclusions of an insight, and what all insights have in common. */

const MATHS = [
  ...([
    'total',
    'dau',
    'weekly_active',
    'monthly_active',
    'unique_session',
    'unique_group',
    'hogql',
  ] as const),
  ...(['first_time_for_user', 'first_time_for_user_with_filters', 'first_matching_event_for_user'] as const),
  ...(['sum', 'avg', 'min', 'max', 'median', 'p75', 'p90', 'p95', 'p99'] as const),
] as const;

/** What every node may carry and nothing here looks at. */
export const beside = {
  modifiers: z.record(z.string(), z.unknown()).nullish(),
  tags: z.record(z.string(), z.unknown()).nullish(),
  version: z.number().nullish(),
  response: z.record(z.string(), z.unknown()).nullish(),
};

const entity = {
  name: z.string().nullish(),
  custom_name: z.string().nullish(),
  math: z.enum(MATHS).nullish(),
  math_property: z.string().nullish(),
  math_property_type: z.string().nullish(),
  math_hogql: z.string().nullish(),
  math_group_type_index: z.int().min(0).max(4).nullish(),
  math_multiplier: z.number().nullish(),
  optionalInFunnel: z.boolean().nullish(),
  properties: leaves.nullish(),
  fixedProperties: leaves.nullish(),
  version: z.number().nullish(),
  response: z.record(z.string(), z.unknown()).nullish(),
};

const events = { ...entity, kind: z.literal('EventsNode'), event: z.string().nullish() };
const actions = { ...entity, kind: z.literal('ActionsNode'), id: z.int() };
const between = { funnelFromStep: z.int(), funnelToStep: z.int() };

/** One series or step. */
export const series = z.discriminatedUnion('kind', [
  z.strictObject({ ...events, limit: z.int().nullish(), orderBy: z.array(z.string()).nullish() }),
  z.strictObject(actions),
]);
/** One series or step. */
export type Series = z.infer<typeof series>;

/** What must not happen between two steps of a funnel. */
export const exclusion = z.discriminatedUnion('kind', [
  z.strictObject({ ...events, ...between }),
  z.strictObject({ ...actions, ...between }),
]);
/** What must not happen between two steps of a funnel. */
export type Exclusion = z.infer<typeof exclusion>;
