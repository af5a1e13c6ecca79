/** The parameters of insights (PostHog contract §6.4), strictly: what is not here is refused. */
import * as z from 'zod';
import { LIMITS } from '../../core/limits.ts';
import { flag, json, oneOf, text, whole } from './values.ts';
import { insightFilters, InsightFilterList } from './filters.ts';
import { pageFields } from '../persons/reading.ts';

const ENTITIES_MAX = 30;
const STEPS_MAX = 100;
const RANGE_CHARS_MAX = 40;

/** What is counted. Group and SQL aggregation are left out: they answer with other things than persons. */
const MATH = [
  'total',
  'dau',
  'weekly_active',
  'monthly_active',
  'unique_session',
  'avg',
  'sum',
  'min',
  'max',
  'median',
  'p75',
  'p90',
  'p95',
  'p99',
  'first_time_for_user',
  'first_time_for_user_with_filters',
] as const;

const Entity = z.strictObject({
  id: z.union([text(400), z.int()], { error: 'must be text, a whole number or null' }).nullable(),
  type: oneOf(['events', 'actions']),
  order: z.int().min(0).max(STEPS_MAX).optional(),
  name: text(400).nullable().optional(),
  custom_name: text(400).nullable().optional(),
  math: oneOf(MATH).optional(),
  math_property: text(400).optional(),
  properties: InsightFilterList.optional(),
});
const DocumentedEntity = Entity.meta({ id: 'Entity' });
const entities = () => json(z.array(DocumentedEntity).min(1).max(ENTITIES_MAX));

const Exclusion = Entity.extend({
  funnel_from_step: z.int().min(0).max(STEPS_MAX).optional(),
  funnel_to_step: z.int().min(0).max(STEPS_MAX).optional(),
});

/** `-7d`, `2026-01-01`, an ISO time, or `all`. */
const moment = () =>
  z
    .string()
    .max(RANGE_CHARS_MAX)
    .regex(
      /^(?:all|-?[0-9]{1,4}[hdwmqy](?:Start|End)?|[dwmy](?:Start|End)|[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.]+(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?)$/,
      'must be like -7d, 2026-01-01, 2026-01-01T10:00:00Z or all',
    );

/** What every insight takes. */
export const insightFields = {
  events: entities().optional(),
  actions: entities().optional(),
  properties: insightFilters().optional(),
  filter_test_accounts: flag().optional(),
  date_from: moment().optional(),
  date_to: moment().optional(),
  explicit_date: flag().optional(),
  interval: oneOf(['minute', 'hour', 'day', 'week', 'month']).optional(),
  search: text().optional(),
  sampling_factor: json(z.number().gt(0).max(1)).optional(),
  insight: oneOf(['FUNNELS', 'TRENDS', 'LIFECYCLE', 'STICKINESS']).optional(),
  shown_as: text(40).optional(),
};

const breakdownName = z.union([text(400), z.int()], { error: 'must be text or a whole number' });
/** One, or several of which each must match. */
const breakdowns = () =>
  json(
    z.union([breakdownName, z.array(breakdownName).min(1).max(10)], {
      error: 'must be text or a whole number, or a list of 1 to 10 of them',
    }),
  ).optional();
export const breakdownFields = {
  breakdown: breakdowns(),
  breakdown_type: oneOf(['event', 'person']).optional(),
  breakdown_value: breakdowns(),
  breakdown_limit: whole(1, LIMITS.pageRowsMax).optional(),
  breakdown_attribution_type: oneOf(['first_touch', 'last_touch', 'all_events', 'step']).optional(),
  breakdown_attribution_value: whole(0, STEPS_MAX).optional(),
};

/** Which series of a trend or of a stickiness. */
export const seriesFields = {
  entity_id: text(400).optional(),
  entityId: text(400).optional(),
  entity_type: oneOf(['events', 'actions']).optional(),
  type: oneOf(['events', 'actions']).optional(),
  entity_math: oneOf(MATH).optional(),
  entity_order: whole(0, STEPS_MAX).optional(),
};

export const funnelFields = {
  ...insightFields,
  ...breakdownFields,
  exclusions: json(z.array(Exclusion).min(1).max(ENTITIES_MAX)).optional(),
  // 1 is reached the first step; -2 did the first and not the second; there is no 0 and no -1 (PostHog contract §6.4).
  funnel_step: json(
    z
      .int()
      .min(-STEPS_MAX)
      .max(STEPS_MAX)
      .refine((step) => step >= 1 || step <= -2, { error: 'must be 1 or more, or -2 or less' }),
  ).optional(),
  funnel_custom_steps: json(z.array(z.int().min(1).max(STEPS_MAX)).min(1).max(STEPS_MAX)).optional(),
  funnel_step_breakdown: breakdowns(),
  funnel_window_days: whole(1, 3650).optional(),
  funnel_window_interval: whole(1, 3650).optional(),
  funnel_window_interval_unit: oneOf(['second', 'minute', 'hour', 'day', 'week', 'month']).optional(),
  funnel_order_type: oneOf(['ordered', 'strict', 'unordered']).optional(),
  funnel_viz_type: oneOf(['steps', 'time_to_convert', 'trends']).optional(),
  funnel_from_step: whole(0, STEPS_MAX).optional(),
  funnel_to_step: whole(0, STEPS_MAX).optional(),
  entrance_period_start: moment().optional(),
  drop_off: flag().optional(),
  layout: oneOf(['horizontal', 'vertical']).optional(),
  bin_count: json(
    z.union([z.int().min(1).max(1000), z.literal('auto')], { error: 'must be auto, or 1 to 1000' }),
  ).optional(),
};

const names = () => json(z.array(text(400)).min(1).max(ENTITIES_MAX)).optional();
/** PostHog's own text for yes and no, in a body too. */
const yesNo = () => oneOf(['true', 'false']);

export const correlationFields = {
  funnel_correlation_type: oneOf(['events', 'properties', 'event_with_properties']).optional(),
  funnel_correlation_names: names(),
  funnel_correlation_exclude_names: names(),
  funnel_correlation_event_names: names(),
  funnel_correlation_exclude_event_names: names(),
  funnel_correlation_event_exclude_property_names: names(),
  funnel_correlation_person_entity: json(DocumentedEntity).optional(),
  funnel_correlation_property_values: json(InsightFilterList).optional(),
  funnel_correlation_person_converted: yesNo().optional(),
  funnel_correlation_person_limit: pageFields.limit,
  funnel_correlation_person_offset: pageFields.offset,
};
