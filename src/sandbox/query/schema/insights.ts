import * as z from 'zod';
import { leaves, outerGroup } from './filters.ts';
import { beside, exclusion, series } from './series.ts';

/** The insights an ActorsQuery can ask for the persons of (PostHog query contract §3). */

const dateRange = z.strictObject({
  date_from: z.string().nullish(),
  date_to: z.string().nullish(),
  explicitDate: z.boolean().nullish(),
});

const breakdownFilter = z.strictObject({
  breakdown: z.union([z.string(), z.int(), z.array(z.union([z.string(), z.int()]))]).nullish(),
  breakdown_type: z
    .enum(['cohort', 'person', 'event', 'event_metadata', 'group', 'session', 'hogql', 'data_warehouse'])
    .nullish(),
  breakdowns: z
    .array(
      z.strictObject({
        property: z.union([z.string(), z.int()]),
        type: z.enum(['cohort', 'person', 'event', 'event_metadata', 'group', 'session', 'hogql']).nullish(),
        group_type_index: z.int().nullish(),
        histogram_bin_count: z.int().nullish(),
        normalize_url: z.boolean().nullish(),
      }),
    )
    .max(3)
    .nullish(),
  breakdown_limit: z.int().nullish(),
  breakdown_group_type_index: z.int().nullish(),
  breakdown_histogram_bin_count: z.int().nullish(),
  breakdown_normalize_url: z.boolean().nullish(),
  breakdown_hide_other_aggregation: z.boolean().nullish(),
});
/** What an insight is broken down by. */
export type BreakdownFilter = z.infer<typeof breakdownFilter>;

const insight = {
  ...beside,
  series: z.array(series),
  dateRange: dateRange.nullish(),
  properties: z.union([leaves, outerGroup]).nullish(),
  filterTestAccounts: z.boolean().nullish(),
  samplingFactor: z.number().nullish(),
  aggregation_group_type_index: z.int().min(0).max(4).nullish(),
  interval: z.enum(['minute', 'hour', 'day', 'week', 'month']).nullish(),
  dataColorTheme: z.number().nullish(),
};

/** A funnel. */
export const funnelsQuery = z.strictObject({
  ...insight,
  kind: z.literal('FunnelsQuery'),
  breakdownFilter: breakdownFilter.nullish(),
  funnelsFilter: z
    .strictObject({
      funnelOrderType: z.enum(['ordered', 'strict', 'unordered']).nullish(),
      funnelWindowInterval: z.int().nullish(),
      funnelWindowIntervalUnit: z.enum(['second', 'minute', 'hour', 'day', 'week', 'month']).nullish(),
      funnelVizType: z.enum(['steps', 'time_to_convert', 'trends']).nullish(),
      exclusions: z.array(exclusion).nullish(),
      breakdownAttributionType: z.enum(['first_touch', 'last_touch', 'all_events', 'step', 'all']).nullish(),
      breakdownAttributionValue: z.int().nullish(),
      funnelAggregateByHogQL: z.string().nullish(),
      funnelFromStep: z.int().nullish(),
      funnelToStep: z.int().nullish(),
      funnelStepReference: z.enum(['total', 'previous']).nullish(),
      layout: z.enum(['horizontal', 'vertical']).nullish(),
      binCount: z.union([z.int(), z.literal('auto')]).nullish(),
    })
    .nullish(),
});
/** A funnel. */
export type FunnelsQuery = z.infer<typeof funnelsQuery>;

/** Displays that show one value for the whole range. */
export const TOTALS = ['BoldNumber', 'ActionsPie', 'ActionsBarValue', 'ActionsTable', 'WorldMap'] as const;

const trendsFilter = z.strictObject({
  display: z
    .enum(['ActionsLineGraph', 'ActionsBar', 'ActionsAreaGraph', 'ActionsLineGraphCumulative', ...TOTALS])
    .nullish(),
  formula: z.string().nullish(),
  showLegend: z.boolean().nullish(),
  smoothingIntervals: z.int().nullish(),
});

const compareFilter = z.strictObject({ compare: z.boolean().nullish(), compare_to: z.string().nullish() });

/** Trends. */
export const trendsQuery = z.strictObject({
  ...insight,
  kind: z.literal('TrendsQuery'),
  breakdownFilter: breakdownFilter.nullish(),
  compareFilter: compareFilter.nullish(),
  trendsFilter: trendsFilter.nullish(),
});
/** Trends. */
export type TrendsQuery = z.infer<typeof trendsQuery>;

/** A lifecycle. */
export const lifecycleQuery = z.strictObject({
  ...insight,
  kind: z.literal('LifecycleQuery'),
  lifecycleFilter: z.record(z.string(), z.unknown()).nullish(),
});
/** A lifecycle. */
export type LifecycleQuery = z.infer<typeof lifecycleQuery>;

/** Stickiness. */
export const stickinessQuery = z.strictObject({
  ...insight,
  kind: z.literal('StickinessQuery'),
  intervalCount: z.int().nullish(),
  compareFilter: compareFilter.nullish(),
  stickinessFilter: z
    .strictObject({ display: z.string().nullish(), computedAs: z.string().nullish() })
    .nullish(),
});
/** Stickiness. */
export type StickinessQuery = z.infer<typeof stickinessQuery>;

/** What all insights have in common. */
export type InsightQuery = FunnelsQuery | TrendsQuery | LifecycleQuery | StickinessQuery;
