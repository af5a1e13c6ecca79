import * as z from 'zod';
import type { Generation } from '../../store/settings.ts';
import { innerGroup, leaves } from './filters.ts';
import { funnelsQuery, lifecycleQuery, stickinessQuery, trendsQuery } from './insights.ts';
import { beside, series } from './series.ts';

/** The ActorsQuery and the sources it can have (PostHog query contract §2, §3). */

const source = { ...beside, includeRecordings: z.boolean().nullish() };
const texts = z.array(z.string()).nullish();
const breakdownValue = z.union([z.string(), z.int(), z.array(z.union([z.string(), z.int()]))]).nullish();

const funnelMembers = {
  ...source,
  kind: z.literal('FunnelsActorsQuery'),
  source: funnelsQuery,
  funnelStep: z.int().nullish(),
  funnelStepBreakdown: z.union([z.string(), z.number(), z.array(z.union([z.string(), z.int()]))]).nullish(),
  funnelTrendsDropOff: z.boolean().nullish(),
  funnelTrendsEntrancePeriodStart: z.string().nullish(),
};
const newFunnelActors = z.strictObject(funnelMembers);
/** The persons of a funnel; the list of steps is a member of older schemas only. */
const funnelActors = z.strictObject({ ...funnelMembers, funnelCustomSteps: z.array(z.int()).nullish() });
/** The persons of a funnel. */
export type FunnelsActorsQuery = z.infer<typeof funnelActors>;

const correlationActors = z.strictObject({
  ...source,
  kind: z.literal('FunnelCorrelationActorsQuery'),
  source: z.strictObject({
    ...beside,
    kind: z.literal('FunnelCorrelationQuery'),
    source: funnelActors,
    funnelCorrelationType: z.enum(['events', 'properties', 'event_with_properties']),
    funnelCorrelationNames: texts,
    funnelCorrelationExcludeNames: texts,
    funnelCorrelationEventNames: texts,
    funnelCorrelationExcludeEventNames: texts,
    funnelCorrelationEventExcludePropertyNames: texts,
  }),
  funnelCorrelationPersonConverted: z.boolean().nullish(),
  funnelCorrelationPersonEntity: series.nullish(),
  funnelCorrelationPropertyValues: leaves.nullish(),
});
/** The persons of a correlation. */
export type FunnelCorrelationActorsQuery = z.infer<typeof correlationActors>;

const insightActors = z.strictObject({
  ...source,
  kind: z.literal('InsightActorsQuery'),
  source: z.discriminatedUnion('kind', [trendsQuery, lifecycleQuery, stickinessQuery]),
  day: z.union([z.string(), z.int()]).nullish(),
  series: z.int().nullish(),
  breakdown: breakdownValue,
  compare: z.enum(['current', 'previous']).nullish(),
  status: z.string().nullish(),
  interval: z.int().nullish(),
});
/** The persons of a lifecycle, of trends, or of stickiness. */
export type InsightActorsQuery = z.infer<typeof insightActors>;

const stickinessActors = z.strictObject({
  ...source,
  kind: z.literal('StickinessActorsQuery'),
  source: stickinessQuery,
  day: z.union([z.string(), z.int()]).nullish(),
  operator: z.enum(['gte', 'lte', 'exact']).nullish(),
  series: z.int().nullish(),
  compare: z.enum(['current', 'previous']).nullish(),
});
/** The persons of a bar of stickiness. */
export type StickinessActorsQuery = z.infer<typeof stickinessActors>;

/** Where the persons come from. */
export type ActorsSource =
  | FunnelsActorsQuery
  | FunnelCorrelationActorsQuery
  | InsightActorsQuery
  | StickinessActorsQuery;

function actorsQueryWith(funnel: typeof funnelActors | typeof newFunnelActors) {
  return z.strictObject({
    ...beside,
    kind: z.literal('ActorsQuery'),
    source: z
      .discriminatedUnion('kind', [funnel, correlationActors, insightActors, stickinessActors])
      .nullish(),
    select: texts,
    search: z.string().nullish(),
    properties: z.union([leaves, innerGroup]).nullish(),
    fixedProperties: leaves.nullish(),
    orderBy: texts,
    limit: z.int().nullish(),
    offset: z.int().nullish(),
  });
}

const older = actorsQueryWith(funnelActors);
const newer = actorsQueryWith(newFunnelActors);
/** Persons: all of the project's, or those behind an insight. */
export type ActorsQuery = z.infer<typeof older>;

/** The schema of a generation's ActorsQuery. */
export function actorsQuery(generation: Generation): z.ZodType<ActorsQuery> {
  return generation === 'A' ? older : newer;
}
