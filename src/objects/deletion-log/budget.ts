/**
 * How many persons may be named for deletion in any 24 hours. Pure: what was spent and the clock come in, the wait
 * goes out.
 *
 * A deletion is charged the distinct ids PostHog is sent, whatever comes of it. That is what can be known before the
 * fact; an id nobody has, a call PostHog refuses and a deletion of events alone (it erases data too) are charged as
 * well, and nothing is paid back. Two distinct ids of one person count twice. So deleted persons can stay below a
 * budget, and never get above it.
 *
 * A sliced grant is charged the persons of its slice that its ids were resolved to: they are sent by UUID, each of
 * which is one person at most. Foreign ids and unknown ids are sent to nobody and cost nothing, the one as the other.
 */
import { failure, failureUntil, type Failure } from '../../core/failure.ts';
import type { TokenId } from '../../core/ids.ts';

/** Who spends: the tenant as a whole, or a token together with every token derived from it. */
export type Holder = 'tenant' | TokenId;

export interface Budget {
  readonly holder: Holder;
  /** Persons in any 24 hours. */
  readonly persons_per_day: number;
}

/** What one deletion spent. */
export interface Charge {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly persons: number;
  /** The token that asked, and its ancestors. The tenant spends always. */
  readonly tokens: readonly TokenId[];
}

export const WINDOW_MS = 86_400_000;

/** Does a charge still weigh at `now`? Its day ends with the very millisecond it was made at, a day later. */
export const weighs = (charge: Charge, now: number): boolean => charge.at > now - WINDOW_MS;

/**
 * Milliseconds until `persons` more fit into a budget: 0 where they fit now, Infinity where they never will because
 * they are more than the whole budget. `charges` are the oldest first.
 */
export function waitFor(budget: Budget, charges: readonly Charge[], persons: number, now: number): number {
  const { holder, persons_per_day: allowed } = budget;
  if (persons === 0) return 0;
  if (persons > allowed) return Infinity;
  const own = charges.filter(
    (charge) => weighs(charge, now) && (holder === 'tenant' || charge.tokens.includes(holder)),
  );
  let excess = own.reduce((sum, charge) => sum + charge.persons, persons) - allowed;
  let wait = 0;
  for (const charge of own) {
    if (excess <= 0) break;
    excess -= charge.persons;
    wait = charge.at + WINDOW_MS - now;
  }
  return wait;
}

/** The refusal of a deletion that does not fit into every budget, with the longest of the waits; null where it fits. */
export function refusalOf(
  budgets: readonly Budget[],
  charges: readonly Charge[],
  persons: number,
  now: number,
): Failure | null {
  const waits = budgets.map((budget) => ({ budget, ms: waitFor(budget, charges, persons, now) }));
  const longest = waits.toSorted((left, right) => right.ms - left.ms)[0];
  if (longest === undefined || longest.ms <= 0) return null;
  const { budget, ms } = longest;
  const whose = budget.holder === 'tenant' ? 'the tenant' : 'this token, or of one it was derived from,';
  const limit = `The deletion budget of ${whose} is ${budget.persons_per_day} persons in any 24 hours`;
  if (ms === Infinity) {
    const never = failure(
      'deletion_budget_exhausted',
      `${limit}, and this deletion names ${persons} at once. Waiting does not help: ask for fewer.`,
    );
    return { ...never, limit: budget.holder };
  }
  const seconds = Math.ceil(ms / 1000);
  const later = failureUntil(
    'deletion_budget_exhausted',
    `${limit}, and what is left of it is less than the ${persons} this deletion names. Try again in ${seconds} s.`,
    seconds,
  );
  return { ...later, limit: budget.holder };
}
