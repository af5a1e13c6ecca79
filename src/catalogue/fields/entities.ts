/** The events and actions that an insight counts. */
import * as z from 'zod/mini';
import { lazily } from '../../core/lazily.ts';
import { leftOutAs } from './absent.ts';
import { InsightFilterList } from './filters.ts';
import { eventProperty, eventsOnly, none } from './reference-rules.ts';
import { refersTo } from './references.ts';
import { json, oneOf, text } from './values.ts';

export const ENTITIES_MAX = 30;
export const STEPS_MAX = 100;

/** What is counted. Group and SQL aggregation are left out: they answer with other things than persons. */
export const MATH = [
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

const step = () => z.int().check(z.minimum(0), z.maximum(STEPS_MAX));

const Members = lazily(() =>
  z.strictObject({
    id: refersTo(
      none,
      z.nullable(z.union([text(400), z.int()], { error: 'must be text, a whole number or null' })),
    ),
    type: refersTo(eventsOnly, oneOf(['events', 'actions'])),
    order: z.optional(refersTo(none, step())),
    name: z.optional(z.nullable(refersTo(none, text(400)))),
    custom_name: z.optional(z.nullable(refersTo(none, text(400)))),
    math: z.optional(refersTo(none, oneOf(MATH))),
    math_property: z.optional(refersTo(eventProperty, text(400))),
    properties: leftOutAs(['empty list'], z.optional(InsightFilterList())),
  }),
);

/** One step of an insight. */
export const Entity = lazily(() => Members().clone().register(z.globalRegistry, { id: 'Entity' }));

/** What must not happen between two steps of a funnel. */
const Exclusion = lazily(() =>
  z.extend(Members(), {
    funnel_from_step: z.optional(refersTo(none, step())),
    funnel_to_step: z.optional(refersTo(none, step())),
  }),
);

export const entities = () => json(z.array(Entity()).check(z.minLength(1), z.maxLength(ENTITIES_MAX)));
export const exclusions = () =>
  leftOutAs(['empty list'], json(z.array(Exclusion()).check(z.minLength(1), z.maxLength(ENTITIES_MAX))));
