/** What each insight that is also a query takes. The query is made from the types of these. */
import * as z from 'zod/mini';
import { lazily } from '../../core/lazily.ts';
import { correlationFields, funnelFields } from '../fields/funnel.ts';
import { breakdownFields, insightFields, seriesFields } from '../fields/insight.ts';
import { dayOrHour } from '../fields/moments.ts';
import { none } from '../fields/reference-rules.ts';
import { refersTo } from '../fields/references.ts';
import { oneOf, pageFields, whole } from '../fields/values.ts';

export const FunnelInput = lazily(() => z.strictObject({ ...funnelFields(), ...pageFields() }));
export type FunnelInput = z.output<ReturnType<typeof FunnelInput>>;

export const CorrelationInput = lazily(() => z.strictObject({ ...funnelFields(), ...correlationFields() }));
export type CorrelationInput = z.output<ReturnType<typeof CorrelationInput>>;

export const LifecycleInput = lazily(() =>
  z.strictObject({
    ...insightFields(),
    target_date: refersTo(none, dayOrHour()),
    lifecycle_type: refersTo(none, oneOf(['new', 'returning', 'resurrecting', 'dormant'])),
    ...pageFields(),
  }),
);
export type LifecycleInput = z.output<ReturnType<typeof LifecycleInput>>;

export const StickinessInput = lazily(() =>
  z.strictObject({
    ...insightFields(),
    ...seriesFields(),
    stickiness_days: refersTo(none, whole(1, 1000)),
    ...pageFields(),
  }),
);
export type StickinessInput = z.output<ReturnType<typeof StickinessInput>>;

export const TrendsInput = lazily(() =>
  z.strictObject({
    ...insightFields(),
    ...breakdownFields(),
    ...seriesFields(),
    ...pageFields(),
  }),
);
export type TrendsInput = z.output<ReturnType<typeof TrendsInput>>;

/** What the five have in common. */
export type InsightInput = Pick<
  FunnelInput,
  Extract<keyof FunnelInput, keyof ReturnType<typeof insightFields>>
>;
