/** What all insights have in common, as members of a query (query contract §3.0). */
import type { FunnelInput, InsightInput } from '../../../catalogue/persons/insight-inputs.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import { dateRangeOf } from './dates.ts';
import { filtersOf } from './filters.ts';
import { conflict, invalid, type Flaw } from './flaw.ts';
import type { BreakdownFilter, CommonNode, DateRange, Interval } from './nodes.ts';

type Shared = Omit<CommonNode, 'series' | 'interval'>;

/** Members that every insight has; `interval` is apart, since its meaning differs. */
export function sharedOf(input: InsightInput): Result<Shared, Flaw> {
  const dateRange = dateRangeOf(input);
  return dateRange.ok ? ok(sharedIn(dateRange.value, input)) : dateRange;
}

/** The same, in a date range that was found otherwise. */
export function sharedIn(dateRange: DateRange, input: InsightInput): Shared {
  const { properties, filter_test_accounts: withoutTests, sampling_factor: samplingFactor } = input;
  return {
    dateRange,
    ...(properties === undefined ? {} : { properties: filtersOf(properties) }),
    ...(withoutTests === true ? { filterTestAccounts: true } : {}),
    ...(samplingFactor === undefined ? {} : { samplingFactor }),
  };
}

/** The interval, where which persons there are depends on it. Queries know no minutes. */
export function decidingInterval({ interval = 'day' }: InsightInput): Result<Interval, Flaw> {
  return interval === 'minute'
    ? err(invalid('interval', 'must be one of hour, day, week, month: PostHog has no shorter one for this'))
    : ok(interval);
}

/** The interval, where the persons are the same with any. */
export const idleInterval = ({ interval = 'day' }: InsightInput): Interval =>
  interval === 'minute' ? 'hour' : interval;

type BreakdownInput = Pick<FunnelInput, 'breakdown' | 'breakdown_type' | 'breakdown_limit'>;

/** Marks all values that are not among the most frequent ones. PostHog takes it for no restriction at all. */
const OTHERS = '$$_posthog_breakdown_other_$$';

/** The property that an insight is broken down by, and the value that is asked for. */
export interface Breakdown {
  readonly filter: BreakdownFilter;
  readonly value: string;
}

/** `null` where no value is asked for. `name` is the argument that holds the value. */
export function breakdownOf(
  input: BreakdownInput,
  name: string,
  asked: FunnelInput['breakdown'],
): Result<Breakdown | null, Flaw> {
  if (asked === undefined) return ok(null);
  const { breakdown_type: type = 'event', breakdown_limit: limit } = input;
  if (input.breakdown === undefined) {
    return err(conflict(name, 'is a value of breakdown, so breakdown is needed: the name of a property'));
  }
  const property = single(input.breakdown);
  if (property === null) return err(invalid('breakdown', 'must be one property'));
  const value = single(asked);
  if (value === null) return err(invalid(name, 'must be one value'));
  if (value === OTHERS) {
    return err(
      invalid(name, 'must be a value of its own: PostHog does not tell who is behind the other ones'),
    );
  }
  const filter: BreakdownFilter = { breakdown: property, breakdown_type: type };
  return ok({ filter: limit === undefined ? filter : { ...filter, breakdown_limit: limit }, value });
}

function single(value: NonNullable<FunnelInput['breakdown']>): string | null {
  if (!Array.isArray(value)) return String(value);
  const [only, ...others] = value;
  return only === undefined || others.length > 0 ? null : String(only);
}
