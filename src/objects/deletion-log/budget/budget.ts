/**
 * How many persons may be named for deletion in any 24 hours. Pure: charges and the clock come in, the wait goes out.
 * A deletion is charged the ids PostHog is sent, before it is sent; a sliced one only the persons of its slice. What
 * PostHog says it did not delete is given back (release.ts).
 */
import { failure, failureUntil, type Failure } from '../../../core/failure.ts';
import type { DeletionBudget } from '../../../contract/deletion-budget.ts';
import type { TokenId } from '../../../core/ids.ts';

/** Who spends: the tenant as a whole, or a token together with every token derived from it. */
export type BudgetHolder = 'tenant' | TokenId;

export interface Budget {
  readonly holder: BudgetHolder;
  /** Persons in any 24 hours. */
  readonly persons_per_day: number;
}

/** What one deletion spent. */
export interface Charge {
  /** From when it counts for a day, in milliseconds since 1970. Null until all of the deletion was sent: until then it counts. */
  readonly at: number | null;
  readonly persons: number;
  /** The token that asked, and its ancestors. The tenant spends always. */
  readonly tokens: readonly TokenId[];
}

export const WINDOW_MS = 86_400_000;

/**
 * Does a charge still count at `now`? That of a deletion that was not sent yet does: its persons are deleted later than
 * now. It stops with the millisecond it was sent at, a day later. One sent at a later time than `now` counts: the clock
 * was wrong then or is wrong now.
 */
export const isCurrent = ({ at }: Pick<Charge, 'at'>, now: number): boolean =>
  at === null || at > now - WINDOW_MS;

/**
 * Milliseconds until `persons` more fit into a budget: 0 where they fit now, Infinity where they never will because
 * they are more than the whole budget.
 */
export function msUntilFree(
  budget: Budget,
  charges: readonly Charge[],
  persons: number,
  now: number,
): number {
  return msUntilFits(budget.persons_per_day, chargesOf(budget, charges), persons, now);
}

/** The same for `allowed` persons in any 24 hours, against all of these charges. */
export function msUntilFits(
  allowed: number,
  charges: readonly Charge[],
  persons: number,
  now: number,
): number {
  if (persons === 0) return 0;
  if (persons > allowed) return Infinity;
  const spent = spentAt(charges, now);
  let excess = spent.reduce((sum, charge) => sum + charge.persons, persons) - allowed;
  let wait = 0;
  for (const charge of spent) {
    if (excess <= 0) break;
    excess -= charge.persons;
    wait = sinceOf(charge, now) + WINDOW_MS - now;
  }
  return wait;
}

const chargesOf = ({ holder }: Budget, charges: readonly Charge[]): readonly Charge[] =>
  holder === 'tenant' ? charges : charges.filter(({ tokens }) => tokens.includes(holder));

/** From when a charge counts for a day, at the earliest. */
const sinceOf = ({ at }: Charge, now: number): number => at ?? now;

/** The charges that count at `now`, the oldest first. */
const spentAt = (charges: readonly Charge[], now: number): readonly Charge[] =>
  charges
    .filter((charge) => isCurrent(charge, now))
    .toSorted((left, right) => sinceOf(left, now) - sinceOf(right, now));

type Left = Pick<DeletionBudget, 'remaining' | 'more_in_seconds'>;

/** What is left of a budget at `now`, and when more comes. */
export function statusOf(budget: Budget, charges: readonly Charge[], now: number): DeletionBudget {
  return { ...budget, ...leftOf(budget.persons_per_day, chargesOf(budget, charges), now) };
}

/** The same of `allowed` persons in any 24 hours, after all of these charges. */
export function leftOf(allowed: number, charges: readonly Charge[], now: number): Left {
  const spent = spentAt(charges, now);
  const persons = spent.reduce((sum, charge) => sum + charge.persons, 0);
  const oldest = spent.find((charge) => charge.persons > 0);
  return {
    remaining: Math.max(0, allowed - persons),
    more_in_seconds: oldest === undefined ? null : Math.ceil((sinceOf(oldest, now) + WINDOW_MS - now) / 1000),
  };
}

/** The refusal of a deletion that does not fit into every budget, with the longest of the waits; null where it fits. */
export function checkBudgets(
  budgets: readonly Budget[],
  charges: readonly Charge[],
  persons: number,
  now: number,
): Failure | null {
  const waits = budgets.map((budget) => ({ budget, ms: msUntilFree(budget, charges, persons, now) }));
  const longest = waits.toSorted((left, right) => right.ms - left.ms)[0];
  if (longest === undefined || longest.ms <= 0) return null;
  const { budget, ms } = longest;
  const whose = budget.holder === 'tenant' ? 'the tenant' : 'this token, or of one it was derived from,';
  const limit = `The deletion budget of ${whose} is ${budget.persons_per_day} persons in any 24 hours`;
  if (ms === Infinity) {
    const never = failure(
      'deletion_exceeds_budget',
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
