/**
 * Property filters, strictly. PostHog drops a filter element it cannot build and answers as if it had not been there
 * (PostHog contract §6.2), so here every element is complete or refused. `hogql` is free SQL over the whole project,
 * `cohort` and `group` describe more than persons: neither gets in.
 */
import * as z from 'zod/mini';
import { lazily } from '../../core/lazily.ts';
import { leftOutAs } from './absent.ts';
import { declareNewer } from './newer.ts';
import { insteadOf, isNewer, OPERATORS, plainest, valueProblem } from './operators.ts';
import { none, propertyOfType } from './reference-rules.ts';
import { refersTo } from './references.ts';
import { json, oneOf, text } from './values.ts';

const FILTERS_MAX = 100;
const VALUES_MAX = 1000;
const VALUE_CHARS_MAX = 4000;

const scalar = lazily(() =>
  z.union([text(VALUE_CHARS_MAX), z.number(), z.boolean()], {
    error: 'must be text, a number or a boolean',
  }),
);

const leafOf = <const T extends readonly [string, ...string[]]>(types: T) =>
  z.pipe(
    z
      .strictObject({
        key: refersTo(propertyOfType('type'), text(400)),
        // PostHog takes a filter without a type for an event's: it has to be said.
        type: refersTo(none, oneOf(types)),
        operator: z._default(refersTo(none, oneOf(OPERATORS)), 'exact'),
        value: z.optional(
          refersTo(
            none,
            z.union([scalar(), z.array(scalar()).check(z.minLength(1), z.maxLength(VALUES_MAX))], {
              error: 'must be text, a number or a boolean, or a list of them',
            }),
          ),
        ),
        negation: z.optional(refersTo(none, z.boolean())),
        // What a user interface calls the key. PostHog does not read it.
        label: z.optional(refersTo(none, leftOutAs(['empty text'], text(400)))),
      })
      .check(
        z.superRefine(({ operator, value, negation }, context) => {
          const problem = valueProblem(operator, value);
          if (problem !== null) context.addIssue({ code: 'custom', path: ['value'], message: problem });
          // PostHog passes over it, or fails on it, by generation: neither is what the client asked for.
          if (negation === true) {
            const message = `must be false or left out: PostHog does not read it${insteadOf(operator)}`;
            context.addIssue({ code: 'custom', path: ['negation'], message });
          }
        }),
      ),
    z.transform(({ key, type, operator, value }) => ({ key, type, ...plainest(operator, value) })),
  );

const PersonFilter = lazily(() =>
  declareNewer(isNewer, leafOf(['person']).clone().register(z.globalRegistry, { id: 'PersonFilter' })),
);
const InsightFilter = lazily(() =>
  declareNewer(
    isNewer,
    leafOf(['person', 'event']).clone().register(z.globalRegistry, { id: 'InsightFilter' }),
  ),
);

/** Filters on persons: a flat list, all of which must hold. The one form every generation's list understands. */
export const personFilters = () =>
  leftOutAs(
    ['empty text', 'empty list'],
    json(z.array(PersonFilter()).check(z.minLength(1), z.maxLength(FILTERS_MAX))),
  );

/** Filters of one step of an insight. */
export const InsightFilterList = lazily(() =>
  z.array(InsightFilter()).check(z.minLength(1), z.maxLength(FILTERS_MAX)),
);

const FilterGroup = lazily(() => {
  const Group = z.strictObject({
    type: refersTo(none, oneOf(['AND', 'OR'])),
    // Groups and leaves may not be mixed in one list (PostHog contract §6.2).
    get values() {
      return z.union([InsightFilterList(), z.array(Group).check(z.minLength(1), z.maxLength(FILTERS_MAX))], {
        error: `must be a list of 1 to ${FILTERS_MAX}, of filters or of groups`,
      });
    },
  });
  Group.register(z.globalRegistry, { id: 'FilterGroup' });
  return Group;
});

/** Filters of a whole insight: a flat list, or groups. */
export const insightFilters = () =>
  leftOutAs(
    ['empty text', 'empty list'],
    json(
      z.union([InsightFilterList(), FilterGroup()], {
        error: 'must be a list of filters, or a group of them',
      }),
    ),
  );
