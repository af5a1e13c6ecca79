/** Steps of a funnel, who of them is asked about, and the window of time (query contract §3.1). */
import type { FunnelInput } from '../../../catalogue/persons/insight-inputs.ts';
import { absoluteMoment } from '../../../catalogue/fields/moments.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import { decidingInterval } from './common.ts';
import { conflict, invalid, type Flaw } from './flaw.ts';
import type { Exclusion, FunnelsFilter, Interval } from './nodes.ts';
import { nodeOf, noMath } from './series.ts';

/** The step: n is who reached step n; -n is who did step n-1 and not n. Counted from 1; without one, the first. */
export function stepOf(input: FunnelInput, steps: number): Result<number, Flaw> {
  const { funnel_step: step, funnel_custom_steps: custom } = input;
  if (custom === undefined) {
    return Math.abs(step ?? 1) <= steps ? ok(step ?? 1) : err(beyond('funnel_step', steps));
  }
  if (step !== undefined) {
    return err(conflict('funnel_custom_steps', 'and funnel_step say two things: send one of them'));
  }
  const listed = [...new Set(custom)].toSorted((a, b) => a - b);
  const [first = 0] = listed;
  if ((listed.at(-1) ?? 0) > steps) return err(beyond('funnel_custom_steps', steps));
  // Whose furthest step is one of the last ones reached the first of these.
  return listed.length === steps - first + 1
    ? ok(first)
    : err(
        invalid(
          'funnel_custom_steps',
          `must hold all steps from one to the last, which is ${steps}. For who stopped at step n send funnel_step -(n + 1)`,
        ),
      );
}

const beyond = (attr: string, steps: number): Flaw =>
  invalid(attr, `must not go beyond the steps of this funnel, which are ${steps}`);

type Window = Pick<FunnelsFilter, 'funnelWindowInterval' | 'funnelWindowIntervalUnit'>;

const WINDOW_DEFAULT = 14;

/** The time in which the steps have to be done: 14 days where nothing is said. */
export function windowOf(input: FunnelInput): Result<Window, Flaw> {
  const {
    funnel_window_days: days,
    funnel_window_interval: count,
    funnel_window_interval_unit: unit,
  } = input;
  if (days !== undefined && ((count ?? days) !== days || (unit ?? 'day') !== 'day')) {
    return err(conflict('funnel_window_days', 'and funnel_window_interval say two things: send one of them'));
  }
  return ok({
    funnelWindowInterval: count ?? days ?? WINDOW_DEFAULT,
    funnelWindowIntervalUnit: unit ?? 'day',
  });
}

/** What must not happen between two steps, which are counted from 0: between the first and the last where nothing is said. */
export function exclusionsOf(input: FunnelInput, steps: number): Result<readonly Exclusion[], Flaw> {
  const all: Exclusion[] = [];
  for (const [index, exclusion] of (input.exclusions ?? []).entries()) {
    const attr = `exclusions[${index}]`;
    const { funnel_from_step: from = 0, funnel_to_step: to = steps - 1 } = exclusion;
    const range = checkStepRange(`${attr}.`, from, to, steps);
    if (range !== null) return err(range);
    if (input.funnel_order_type === 'unordered' && (from > 0 || to < steps - 1)) {
      return err(
        conflict(
          `${attr}.funnel_from_step`,
          'must be the first step, up to the last one, where order does not count',
        ),
      );
    }
    const node = nodeOf(exclusion, attr, noMath);
    if (!node.ok) return node;
    all.push({ ...node.value, funnelFromStep: from, funnelToStep: to });
  }
  return ok(all);
}

/** Checks steps that are counted from 0. */
function checkStepRange(prefix: string, from: number, to: number, steps: number): Flaw | null {
  if (to > steps - 1)
    return invalid(`${prefix}funnel_to_step`, `must be ${steps - 1} or less, counted from 0`);
  return from >= to ? conflict(`${prefix}funnel_from_step`, 'must be before funnel_to_step') : null;
}

export interface TrendPoint {
  readonly interval: Interval;
  readonly point: { readonly funnelTrendsEntrancePeriodStart: string; readonly funnelTrendsDropOff: boolean };
  readonly filter: Pick<FunnelsFilter, 'funnelVizType' | 'funnelFromStep' | 'funnelToStep'>;
}

/** A point of the trend of a funnel: who set out in one interval, and arrived or did not. */
export function trendPointOf(input: FunnelInput, steps: number): Result<TrendPoint, Flaw> {
  for (const name of ['funnel_step', 'funnel_custom_steps'] as const) {
    if (input[name] !== undefined) {
      return err(
        conflict(
          name,
          'does not go with funnel_viz_type trends: use funnel_from_step, funnel_to_step and drop_off',
        ),
      );
    }
  }
  const interval = decidingInterval(input);
  if (!interval.ok) return interval;
  const start = periodStart(input.entrance_period_start, interval.value);
  if (start === null) {
    return err(
      invalid(
        'entrance_period_start',
        `must be when ${EACH[interval.value]} begins for the project, like ${LIKE}`,
      ),
    );
  }
  if (input.drop_off === undefined) {
    return err(invalid('drop_off', 'is needed with funnel_viz_type trends: true or false'));
  }
  const { funnel_from_step: from, funnel_to_step: to } = input;
  const range = checkStepRange('', from ?? 0, to ?? steps - 1, steps);
  if (range !== null) return err(range);
  return ok({
    interval: interval.value,
    point: { funnelTrendsEntrancePeriodStart: start, funnelTrendsDropOff: input.drop_off },
    filter: {
      funnelVizType: 'trends',
      ...(from === undefined ? {} : { funnelFromStep: from }),
      ...(to === undefined ? {} : { funnelToStep: to }),
    },
  });
}

const LIKE = '2026-01-05 00:00:00';
const EACH = { hour: 'an hour', day: 'a day', week: 'a week', month: 'a month' } as const;

/** PostHog compares it with the starts of its intervals, in the time zone of the project. */
function periodStart(text: string | undefined, interval: Interval): string | null {
  const moment = text === undefined ? null : absoluteMoment(text);
  if (moment === null || moment.zone !== null) return null;
  const [hour = '00', ...rest] = (moment.time ?? '00').split(':');
  const isWhole = rest.every((part) => Number(part) === 0) && (interval === 'hour' || Number(hour) === 0);
  const isFirst = interval !== 'month' || moment.date.endsWith('-01');
  return isWhole && isFirst ? `${moment.date} ${hour}:00:00` : null;
}
