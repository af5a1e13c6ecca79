/** The parameters of funnels and of their correlations (PostHog contract §6.4). */
import * as z from 'zod/mini';
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
    z.int().check(
      z.minimum(-STEPS_MAX),
      z.maximum(STEPS_MAX),
      z.refine((step) => step >= 1 || step <= -2, {
        error: 'must be 1 or more (who reached that step) or -2 or less (who dropped off before that step)',
      }),
    ),
  );

export const funnelFields = lazily(() => ({
  ...insightFields(),
  ...breakdownFields(),
  exclusions: z.optional(exclusions()),
  funnel_step: z.optional(refersTo(none, funnelStep())),
  funnel_custom_steps: z.optional(
    refersTo(
      none,
      json(
        z
          .array(z.int().check(z.minimum(1), z.maximum(STEPS_MAX)))
          .check(z.minLength(1), z.maxLength(STEPS_MAX)),
      ),
    ),
  ),
  funnel_step_breakdown: z.optional(breakdowns(none)),
  funnel_window_days: z.optional(refersTo(none, whole(1, WINDOW_MAX))),
  funnel_window_interval: z.optional(refersTo(none, whole(1, WINDOW_MAX))),
  funnel_window_interval_unit: z.optional(
    refersTo(none, oneOf(['second', 'minute', 'hour', 'day', 'week', 'month'])),
  ),
  funnel_order_type: z.optional(refersTo(none, oneOf(['ordered', 'strict', 'unordered']))),
  funnel_viz_type: z.optional(refersTo(none, oneOf(['steps', 'time_to_convert', 'trends']))),
  funnel_from_step: z.optional(refersTo(none, whole(0, STEPS_MAX))),
  funnel_to_step: z.optional(refersTo(none, whole(0, STEPS_MAX))),
  entrance_period_start: z.optional(refersTo(none, moment())),
  drop_off: z.optional(refersTo(none, flag())),
}));

const names = (rule: ReferenceRule) =>
  z.optional(json(z.array(refersTo(rule, text(400))).check(z.minLength(1), z.maxLength(ENTITIES_MAX))));

export const correlationFields = lazily(() => ({
  funnel_correlation_type: z.optional(
    refersTo(none, oneOf(['events', 'properties', 'event_with_properties'])),
  ),
  funnel_correlation_names: names(correlationName),
  funnel_correlation_exclude_names: names(correlationName),
  funnel_correlation_event_names: names(none),
  funnel_correlation_exclude_event_names: names(none),
  funnel_correlation_event_exclude_property_names: names(none),
  funnel_correlation_person_entity: z.optional(json(Entity())),
  funnel_correlation_property_values: leftOutAs(['empty list'], z.optional(json(InsightFilterList()))),
  // PostHog's own text for yes and no, in a body too.
  funnel_correlation_person_converted: z.optional(refersTo(none, oneOf(['true', 'false']))),
  funnel_correlation_person_limit: pageFields().limit,
  funnel_correlation_person_offset: pageFields().offset,
}));
