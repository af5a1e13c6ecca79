/** The events and actions that an insight counts. */
import * as z from 'zod';
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

const step = () => z.int().min(0).max(STEPS_MAX);

const Members = lazily(() =>
  z.strictObject({
    id: refersTo(
      none,
      z.union([text(400), z.int()], { error: 'must be text, a whole number or null' }).nullable(),
    ),
    type: refersTo(eventsOnly, oneOf(['events', 'actions'])),
    order: refersTo(none, step()).optional(),
    name: refersTo(none, text(400)).nullable().optional(),
    custom_name: refersTo(none, text(400)).nullable().optional(),
    math: refersTo(none, oneOf(MATH)).optional(),
    math_property: refersTo(eventProperty, text(400)).optional(),
    properties: leftOutAs(['empty list'], InsightFilterList().optional()),
  }),
);

/** One step of an insight. */
export const Entity = lazily(() => Members().meta({ id: 'Entity' }));

/** What must not happen between two steps of a funnel. */
const Exclusion = lazily(() =>
  Members().extend({
    funnel_from_step: refersTo(none, step()).optional(),
    funnel_to_step: refersTo(none, step()).optional(),
  }),
);

export const entities = () => json(z.array(Entity()).min(1).max(ENTITIES_MAX));
export const exclusions = () =>
  leftOutAs(['empty list'], json(z.array(Exclusion()).min(1).max(ENTITIES_MAX)));
