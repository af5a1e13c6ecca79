/** Carries a cleared call out: forwarded to PostHog, or handed to the deletion log. */
import { ok, type Result } from '../../core/result.ts';
import type { Opened } from '../../upstream/client.ts';
import { asPersonsAnswer } from '../../upstream/query/answer.ts';
import type { RoutedCall } from '../../upstream/route.ts';
import type { Admitted } from '../admission.ts';
import type { Context } from '../context.ts';
import { deleteThroughLog, loggedDeletion, type LoggedDeletion } from './delete.ts';
import type { ClearedCall } from './enforce-slice.ts';

/** What came of a call. */
export type Outcome = { readonly kind: 'forwarded'; readonly opened: Opened } | LoggedDeletion;

export async function execute(
  ctx: Context,
  admitted: Admitted,
  cleared: ClearedCall,
): Promise<Result<Outcome>> {
  switch (cleared.kind) {
    case 'forward':
      return forward(ctx, cleared.routed);
    case 'delete':
      return deleteThroughLog(ctx, admitted, cleared.resolution, cleared.key);
    case 'replayed':
      return ok(loggedDeletion(ctx, cleared.told));
  }
}

/** Whichever way PostHog was asked, its answer is that of the persons API from here on. */
async function forward(
  { posthog }: Context,
  routed: Exclude<RoutedCall, { kind: 'delete' }>,
): Promise<Result<Outcome>> {
  const opened = await posthog.open(routed.request);
  if (routed.kind === 'persons' || opened.kind !== 'open') return ok({ kind: 'forwarded', opened });
  const answer = await asPersonsAnswer(opened.answer, routed.envelope);
  return answer.ok ? ok({ kind: 'forwarded', opened: { kind: 'open', answer: answer.value } }) : answer;
}
