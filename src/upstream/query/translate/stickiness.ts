/** Stickiness as `StickinessActorsQuery` (query contract §3.4). */
import type { StickinessInput } from '../../../catalogue/persons/insight-inputs.ts';
import { ok, type Result } from '../../../core/result.ts';
import { decidingInterval, sharedOf } from './common.ts';
import type { Flaw } from './flaw.ts';
import type { StickinessActorsQuery } from './nodes.ts';
import type { MathRule } from './series.ts';
import { targetOf } from './target.ts';

/** Stickiness counts persons; PostHog takes anything else for that too. */
const stickinessMath: MathRule = ({ math }) =>
  ok({ math: math === 'weekly_active' || math === 'monthly_active' ? math : 'dau' });

/** Persons who were active in exactly that many intervals. */
export function stickinessSource(input: StickinessInput): Result<StickinessActorsQuery, Flaw> {
  const target = targetOf(input, stickinessMath);
  if (!target.ok) return target;
  const interval = decidingInterval(input);
  if (!interval.ok) return interval;
  const shared = sharedOf(input);
  if (!shared.ok) return shared;
  return ok({
    kind: 'StickinessActorsQuery',
    day: input.stickiness_days,
    source: { kind: 'StickinessQuery', series: [target.value], ...shared.value, interval: interval.value },
  });
}
