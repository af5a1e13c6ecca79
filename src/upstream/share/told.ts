/** Tells of every call of the reserved part once PostHog has answered it. */
import type { ProjectId } from '../../core/ids.ts';
import type { QuotaKind, ReservedCalls } from '../../core/shield/upstream-share.ts';
import type { AnswerFacts } from '../pacing.ts';
import type { Transport } from '../transport.ts';
import { kindOf } from './kind.ts';

/** Must not wait: no call is held up by what is told of it. */
export type CallTeller = (
  projectId: ProjectId,
  calls: ReservedCalls,
  newest: AnswerFacts,
  kind: QuotaKind,
) => void;

const NONE: ReservedCalls = { reads: 0, deletes: 0 };

export const toldTransport =
  (transport: Transport, tell: CallTeller): Transport =>
  async (request, left) => {
    const answer = await transport(request, left);
    const { status, retryAfterSeconds } = answer.ok
      ? answer.value
      : { status: null, retryAfterSeconds: null };
    const kind = kindOf(request);
    const calls = status === 429 ? NONE : { ...NONE, [kind]: 1 };
    tell(request.projectId, calls, { status, retryAfterSeconds }, kind);
    return answer;
  };
