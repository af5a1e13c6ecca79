/** The parameters that insights have in common (PostHog contract §6.4), strictly: what is not here is refused. */
import * as z from 'zod/mini';
import { lazily } from '../../core/lazily.ts';
import { LIMITS } from '../../core/limits.ts';
import { leftOutAs } from './absent.ts';
import { entities, MATH, STEPS_MAX } from './entities.ts';
import { insightFilters } from './filters.ts';
import { moment } from './moments.ts';
import { anything, eventsOnly, none, propertyOfType, search, testAccounts } from './reference-rules.ts';
import { refersTo, type ReferenceRule } from './references.ts';
import { flag, json, oneOf, text, whole } from './values.ts';

const BREAKDOWNS_MAX = 10;

/**
 * Names that every link PostHog makes to an insight carries, and that change nothing about its persons (corrections
 * Q14). They are taken with any value and dropped.
 */
export const INSIGHT_EXTRAS = ['display', 'refresh', 'client_query_id', 'layout', 'bin_count'] as const;

/** What every insight takes. */
export const insightFields = lazily(() => ({
  events: z.optional(entities()),
  // An action is defined in PostHog: it may be made of any property.
  actions: leftOutAs(['empty list'], z.optional(refersTo(anything, entities()))),
  properties: z.optional(insightFilters()),
  filter_test_accounts: z.optional(refersTo(testAccounts, flag())),
  date_from: z.optional(refersTo(none, moment())),
  date_to: z.optional(refersTo(none, moment())),
  explicit_date: z.optional(refersTo(none, flag())),
  interval: z.optional(refersTo(none, oneOf(['minute', 'hour', 'day', 'week', 'month']))),
  search: z.optional(refersTo(search, leftOutAs(['empty text'], text()))),
  sampling_factor: z.optional(refersTo(none, json(z.number().check(z.gt(0), z.maximum(1))))),
  insight: z.optional(refersTo(none, oneOf(['FUNNELS', 'TRENDS', 'LIFECYCLE', 'STICKINESS']))),
  shown_as: z.optional(refersTo(none, text(40))),
}));

const breakdownName = () => z.union([text(400), z.int()], { error: 'must be text or a whole number' });

/** One, or several of which each must match. */
export const breakdowns = (rule: ReferenceRule) => {
  const name = refersTo(rule, breakdownName());
  return json(
    z.union([name, z.array(name).check(z.minLength(1), z.maxLength(BREAKDOWNS_MAX))], {
      error: `must be text or a whole number, or a list of 1 to ${BREAKDOWNS_MAX} of them`,
    }),
  );
};

export const breakdownFields = lazily(() => ({
  breakdown: z.optional(breakdowns(propertyOfType('breakdown_type'))),
  breakdown_type: z.optional(refersTo(none, oneOf(['event', 'person']))),
  breakdown_value: z.optional(breakdowns(none)),
  breakdown_limit: z.optional(refersTo(none, whole(1, LIMITS.pageRowsMax))),
  breakdown_attribution_type: z.optional(
    refersTo(none, oneOf(['first_touch', 'last_touch', 'all_events', 'step'])),
  ),
  breakdown_attribution_value: z.optional(refersTo(none, whole(0, STEPS_MAX))),
}));

/** Which series of a trend or of a stickiness. */
export const seriesFields = lazily(() => ({
  entity_id: z.optional(refersTo(none, text(400))),
  entityId: z.optional(refersTo(none, text(400))),
  entity_type: z.optional(refersTo(eventsOnly, oneOf(['events', 'actions']))),
  type: z.optional(refersTo(eventsOnly, oneOf(['events', 'actions']))),
  entity_math: z.optional(refersTo(none, oneOf(MATH))),
  entity_order: z.optional(refersTo(none, whole(0, STEPS_MAX))),
}));
