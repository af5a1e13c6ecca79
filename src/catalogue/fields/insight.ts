/** The parameters that insights have in common (PostHog contract §6.4), strictly: what is not here is refused. */
import * as z from 'zod';
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
  events: entities().optional(),
  // An action is defined in PostHog: it may be made of any property.
  actions: leftOutAs(['empty list'], refersTo(anything, entities()).optional()),
  properties: insightFilters().optional(),
  filter_test_accounts: refersTo(testAccounts, flag()).optional(),
  date_from: refersTo(none, moment()).optional(),
  date_to: refersTo(none, moment()).optional(),
  explicit_date: refersTo(none, flag()).optional(),
  interval: refersTo(none, oneOf(['minute', 'hour', 'day', 'week', 'month'])).optional(),
  search: refersTo(search, leftOutAs(['empty text'], text())).optional(),
  sampling_factor: refersTo(none, json(z.number().gt(0).max(1))).optional(),
  insight: refersTo(none, oneOf(['FUNNELS', 'TRENDS', 'LIFECYCLE', 'STICKINESS'])).optional(),
  shown_as: refersTo(none, text(40)).optional(),
}));

const breakdownName = () => z.union([text(400), z.int()], { error: 'must be text or a whole number' });

/** One, or several of which each must match. */
export const breakdowns = (rule: ReferenceRule) => {
  const name = refersTo(rule, breakdownName());
  return json(
    z.union([name, z.array(name).min(1).max(BREAKDOWNS_MAX)], {
      error: `must be text or a whole number, or a list of 1 to ${BREAKDOWNS_MAX} of them`,
    }),
  );
};

export const breakdownFields = lazily(() => ({
  breakdown: breakdowns(propertyOfType('breakdown_type')).optional(),
  breakdown_type: refersTo(none, oneOf(['event', 'person'])).optional(),
  breakdown_value: breakdowns(none).optional(),
  breakdown_limit: refersTo(none, whole(1, LIMITS.pageRowsMax)).optional(),
  breakdown_attribution_type: refersTo(
    none,
    oneOf(['first_touch', 'last_touch', 'all_events', 'step']),
  ).optional(),
  breakdown_attribution_value: refersTo(none, whole(0, STEPS_MAX)).optional(),
}));

/** Which series of a trend or of a stickiness. */
export const seriesFields = lazily(() => ({
  entity_id: refersTo(none, text(400)).optional(),
  entityId: refersTo(none, text(400)).optional(),
  entity_type: refersTo(eventsOnly, oneOf(['events', 'actions'])).optional(),
  type: refersTo(eventsOnly, oneOf(['events', 'actions'])).optional(),
  entity_math: refersTo(none, oneOf(MATH)).optional(),
  entity_order: refersTo(none, whole(0, STEPS_MAX)).optional(),
}));
