/** The parameters of funnels and of their correlations (PostHog contract §6.4). */
import * as z from 'zod';
import { lazily } from '../../core/lazily.ts';
import { leftOutAs } from './absent.ts';
import { ENTITIES_MAX, Entity, exclusions, STEPS_MAX } from './entities.ts';
import { InsightFilterList } from './filters.ts';
import { breakdownFields, breakdowns, insightFields } from './insight.ts';
import { moment } from './moments.ts';
import { correlationName, none } from './reference-rules.ts';
import { refersTo, type ReferenceRule } from './references.ts';
import { digits, flag, json, oneOf, pageFields, text, whole } from './values.ts';

const WINDOW_MAX = 3650;

/** 1: reached the first step; -2: did the first and not the second. PostHog has no 0 and no -1 (contract §6.4). */
const funnelStep = () =>
  digits(
    z
      .int()
      .min(-STEPS_MAX)
      .max(STEPS_MAX)
      .refine((step) => step >= 1 || step <= -2, {
        error: 'must be 1 or more (who reached that step) or -2 or less (who dropped off before that step)',
      }),
  );

export const funnelFields = lazily(() => ({
  ...insightFields(),
  ...breakdownFields(),
  exclusions: exclusions().optional(),
  funnel_step: refersTo(none, funnelStep()).optional(),
  funnel_custom_steps: refersTo(
    none,
    json(z.array(z.int().min(1).max(STEPS_MAX)).min(1).max(STEPS_MAX)),
  ).optional(),
  funnel_step_breakdown: breakdowns(none).optional(),
  funnel_window_days: refersTo(none, whole(1, WINDOW_MAX)).optional(),
  funnel_window_interval: refersTo(none, whole(1, WINDOW_MAX)).optional(),
  funnel_window_interval_unit: refersTo(
    none,
    oneOf(['second', 'minute', 'hour', 'day', 'week', 'month']),
  ).optional(),
  funnel_order_type: refersTo(none, oneOf(['ordered', 'strict', 'unordered'])).optional(),
  funnel_viz_type: refersTo(none, oneOf(['steps', 'time_to_convert', 'trends'])).optional(),
  funnel_from_step: refersTo(none, whole(0, STEPS_MAX)).optional(),
  funnel_to_step: refersTo(none, whole(0, STEPS_MAX)).optional(),
  entrance_period_start: refersTo(none, moment()).optional(),
  drop_off: refersTo(none, flag()).optional(),
}));

const names = (rule: ReferenceRule) =>
  json(
    z
      .array(refersTo(rule, text(400)))
      .min(1)
      .max(ENTITIES_MAX),
  ).optional();

export const correlationFields = lazily(() => ({
  funnel_correlation_type: refersTo(
    none,
    oneOf(['events', 'properties', 'event_with_properties']),
  ).optional(),
  funnel_correlation_names: names(correlationName),
  funnel_correlation_exclude_names: names(correlationName),
  funnel_correlation_event_names: names(none),
  funnel_correlation_exclude_event_names: names(none),
  funnel_correlation_event_exclude_property_names: names(none),
  funnel_correlation_person_entity: json(Entity()).optional(),
  funnel_correlation_property_values: leftOutAs(['empty list'], json(InsightFilterList()).optional()),
  // PostHog's own text for yes and no, in a body too.
  funnel_correlation_person_converted: refersTo(none, oneOf(['true', 'false'])).optional(),
  funnel_correlation_person_limit: pageFields().limit,
  funnel_correlation_person_offset: pageFields().offset,
}));
