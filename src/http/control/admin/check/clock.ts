/** How far the clocks of PostHog and the gateway are apart. */
import type { UpstreamCheck } from '../../../../contract/upstream/check.ts';
import { LIMITS } from '../../../../core/limits.ts';

export function clockFinding(aheadMs: number | null): UpstreamCheck['clock'] {
  const facts = { ahead_ms: aheadMs };
  if (aheadMs === null)
    return { ...facts, good: null, says: 'Not known: the answer of PostHog has no date.' };
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  if (Math.abs(aheadMs) <= LIMITS.clockDifferenceMsMax)
    return { ...facts, good: true, says: 'The clocks of PostHog and the gateway agree.' };
  return {
    ...facts,
    good: false,
    says:
      `PostHog's clock is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} the gateway's. A person who is created again after a deletion ` +
      'may be taken for one that is still there, or the other way round: set the wrong one of the two.',
  };
}
