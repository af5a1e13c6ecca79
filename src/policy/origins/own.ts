/** Web origins that a tenant adds by itself, within what the operator's record allows. */
import * as z from 'zod/mini';
import { failure, type Failure } from '../../core/failure.ts';
import { LIMITS } from '../../core/limits.ts';
import { lazily } from '../../core/lazily.ts';
import { distinct, EACH_ONCE } from '../wire-slice.ts';
import { isLoopback, originProblem } from './origin.ts';
import { DEVELOPMENT_ORIGINS, isPattern, liesWithin, patternProblem } from './pattern.ts';

/** A text of at most as many characters as a name, in which `problemOf` finds nothing. */
const originText = (problemOf: (text: string) => string | null) =>
  z.string().check(
    z.maxLength(LIMITS.nameCharsMax),
    z.superRefine((text, context) => {
      const message = problemOf(text);
      if (message !== null) context.addIssue({ code: 'custom', message });
    }),
  );

/** One origin, as a browser sends it. */
export const Origin = originText(originProblem);

/** An origin, or a pattern of them: what an operator allows. */
export const OriginOrPattern = originText((text) =>
  isPattern(text) ? patternProblem(text) : originProblem(text),
);

/** What a tenant may add by itself. Without it: nothing. */
export const OwnOriginRules = z.strictObject({
  max: z._default(z.int().check(z.minimum(0), z.maximum(LIMITS.originsMax)), 0).register(z.globalRegistry, {
    description: 'How many https origins and patterns the tenant may add itself, together.',
  }),
  patterns: z
    ._default(
      z
        .array(originText(patternProblem))
        .check(z.maxLength(LIMITS.originsMax), z.refine(distinct, EACH_ONCE)),
      [],
    )
    .register(z.globalRegistry, {
      description:
        'A pattern that the tenant adds has to lie within one of these. None: it adds no patterns.',
    }),
  localhost: z._default(z.boolean(), false).register(z.globalRegistry, {
    description: 'May the tenant let pages on `localhost` use its tokens for a while?',
  }),
});
export type OwnOriginRules = z.output<typeof OwnOriginRules>;

/** The list as a tenant sends it. */
export const OwnOriginList = lazily(() =>
  z.array(originText(ownOriginProblem)).check(z.maxLength(LIMITS.originsMax), z.refine(distinct, EACH_ONCE)),
);

function ownOriginProblem(text: string): string | null {
  if (isPattern(text)) return patternProblem(text);
  if (!text.startsWith('https://')) return 'must be an https origin, like https://app.example.com';
  return isLoopback(text)
    ? 'must not be on localhost: that is what the development mode is for'
    : originProblem(text);
}

const isAllowed = ({ patterns }: OwnOriginRules, origin: string): boolean =>
  !isPattern(origin) || patterns.some((pattern) => liesWithin(origin, pattern));

/** Refuses a list that the record does not allow. */
export function checkOwnOrigins(rules: OwnOriginRules, origins: readonly string[]): Failure | null {
  if (origins.length > rules.max) {
    return notGranted(
      rules.max === 0
        ? 'The operator does not let this tenant add web origins of its own.'
        : `The operator lets this tenant add ${rules.max} web origins of its own, patterns among them.`,
      'origins',
    );
  }
  const beyond = origins.findIndex((origin) => !isAllowed(rules, origin));
  if (beyond === -1) return null;
  const within = rules.patterns.length === 0 ? '' : ` but within ${rules.patterns.join(' or ')}`;
  return notGranted(
    `The operator lets this tenant add no pattern${within}. List each origin instead.`,
    `origins[${beyond}]`,
  );
}

export const checkDevelopment = ({ localhost }: OwnOriginRules): Failure | null =>
  localhost
    ? null
    : notGranted('The operator does not let pages on localhost use the tokens of this tenant.', null);

export const notGranted = (detail: string, attr: string | null): Failure =>
  failure('own_origins_not_granted', detail, attr);

/** What a tenant has added, and until when pages on `localhost` may use its tokens, in milliseconds since 1970. */
export interface OwnOrigins {
  readonly origins: readonly string[];
  readonly developmentUntilMs: number | null;
}

/** Those of a tenant's own origins that the record allows as it is now: where it allows fewer, the first ones. */
export const ownOriginsAllowed = (rules: OwnOriginRules, origins: readonly string[]): readonly string[] =>
  origins.filter((origin) => isAllowed(rules, origin)).slice(0, rules.max);

/** When the development mode ends that is on now; null where it is off. */
export const developmentEnd = (
  { localhost }: OwnOriginRules,
  { developmentUntilMs: untilMs }: OwnOrigins,
  nowMs: number,
): number | null => (localhost && untilMs !== null && untilMs > nowMs ? untilMs : null);

/** All that a tenant's own doing adds to the origins of its record now. */
export const ownOriginsInForce = (
  rules: OwnOriginRules,
  own: OwnOrigins,
  nowMs: number,
): readonly string[] => [
  ...ownOriginsAllowed(rules, own.origins),
  ...(developmentEnd(rules, own, nowMs) === null ? [] : DEVELOPMENT_ORIGINS),
];
