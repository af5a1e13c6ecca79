/** Funnels and points of their trends as `FunnelsActorsQuery` (query contract §3.1). */
import type { FunnelInput } from '../../../catalogue/persons/insight-inputs.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import { breakdownOf, idleInterval, sharedOf, type Breakdown } from './common.ts';
import { conflict, invalid, type Flaw } from './flaw.ts';
import { exclusionsOf, stepOf, trendPointOf, windowOf } from './funnel-steps.ts';
import type {
  FunnelPoint,
  FunnelsActorsQuery,
  FunnelsFilter,
  FunnelsQuery,
  Interval,
  SeriesNode,
} from './nodes.ts';
import { seriesOf, type MathRule } from './series.ts';

const STEPS_MIN = 2;

/** Of all counts, a funnel knows only the first time of a person. */
const funnelMath: MathRule = ({ math }) =>
  math === 'first_time_for_user' || math === 'first_time_for_user_with_filters' ? ok({ math }) : ok({});

export function funnelSource(input: FunnelInput): Result<FunnelsActorsQuery, Flaw> {
  const steps = stepsOf(input);
  if (!steps.ok) return steps;
  const asked = askedOf(input, steps.value.length);
  if (!asked.ok) return asked;
  const breakdown = stepBreakdownOf(input);
  if (!breakdown.ok) return breakdown;
  const source = funnelsQuery(input, steps.value, asked.value, breakdown.value);
  if (!source.ok) return source;
  const value = breakdown.value === null ? {} : { funnelStepBreakdown: [breakdown.value.value] };
  return ok({ kind: 'FunnelsActorsQuery', ...asked.value.point, ...value, source: source.value });
}

function stepsOf(input: FunnelInput): Result<readonly SeriesNode[], Flaw> {
  const series = seriesOf(input, funnelMath);
  if (!series.ok) return series;
  return series.value.length < STEPS_MIN
    ? err(invalid('events', 'must hold two steps or more, together with actions'))
    : ok(series.value.map(({ node }) => node));
}

interface Asked {
  readonly point: FunnelPoint;
  readonly interval: Interval;
  readonly filter: Partial<FunnelsFilter>;
}

/** Who is asked about: the persons of a step, or of a point of the trend. */
function askedOf(input: FunnelInput, steps: number): Result<Asked, Flaw> {
  if (input.funnel_viz_type === 'trends') return trendPointOf(input, steps);
  for (const name of ['entrance_period_start', 'drop_off'] as const) {
    if (input[name] !== undefined) return err(conflict(name, 'goes with funnel_viz_type trends only'));
  }
  const step = stepOf(input, steps);
  return step.ok
    ? ok({ point: { funnelStep: step.value }, interval: idleInterval(input), filter: {} })
    : step;
}

/**
 * Without a value to ask for, a breakdown would list a person once for each value, so it is left out. That changes who is
 * in the funnel where each step has to have the value, so it is refused there.
 */
function stepBreakdownOf(input: FunnelInput): Result<Breakdown | null, Flaw> {
  const { breakdown_attribution_type: attribution, funnel_step_breakdown: value } = input;
  const needsValue = attribution === 'all_events' || attribution === 'step';
  if (input.breakdown !== undefined && needsValue && value === undefined) {
    return err(
      invalid(
        'funnel_step_breakdown',
        `is needed with breakdown_attribution_type ${attribution}: a value of breakdown`,
      ),
    );
  }
  return breakdownOf(input, 'funnel_step_breakdown', value);
}

function funnelsQuery(
  input: FunnelInput,
  series: readonly SeriesNode[],
  { interval, filter }: Asked,
  breakdown: Breakdown | null,
): Result<FunnelsQuery, Flaw> {
  const shared = sharedOf(input);
  if (!shared.ok) return shared;
  const window = windowOf(input);
  if (!window.ok) return window;
  const exclusions = exclusionsOf(input, series.length);
  if (!exclusions.ok) return exclusions;
  const attribution = breakdown === null ? ok({}) : attributionOf(input, series.length);
  if (!attribution.ok) return attribution;
  return ok({
    kind: 'FunnelsQuery',
    series,
    ...shared.value,
    interval,
    funnelsFilter: {
      funnelOrderType: input.funnel_order_type ?? 'ordered',
      ...window.value,
      ...(exclusions.value.length === 0 ? {} : { exclusions: exclusions.value }),
      ...attribution.value,
      ...filter,
    },
    ...(breakdown === null ? {} : { breakdownFilter: breakdown.filter }),
  });
}

type Attribution = Pick<FunnelsFilter, 'breakdownAttributionType' | 'breakdownAttributionValue'>;

/** From which event the value of the breakdown is taken: the first one that has it where nothing is said. */
function attributionOf(input: FunnelInput, steps: number): Result<Attribution, Flaw> {
  const { breakdown_attribution_type: type = 'first_touch', breakdown_attribution_value: step } = input;
  if (type !== 'step') return ok({ breakdownAttributionType: type });
  if (step === undefined || step >= steps) {
    return err(
      invalid('breakdown_attribution_value', `is needed with the type step: one of 0 to ${steps - 1}`),
    );
  }
  return ok({ breakdownAttributionType: type, breakdownAttributionValue: step });
}
