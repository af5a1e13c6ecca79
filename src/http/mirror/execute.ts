/** Carries a cleared call out: forwarded to PostHog, or handed to the deletion log. */
import { LIMITS } from '../../core/limits.ts';
import { ok, type Result } from '../../core/result.ts';
import type { Opened } from '../../upstream/client.ts';
import { asPersonsAnswer } from '../../upstream/query/answer.ts';
import type { RoutedCall } from '../../upstream/route.ts';
import { readAhead } from '../../upstream/shared/buffered.ts';
import type { SharedOpened } from '../../upstream/shared/reads.ts';
import type { Admitted } from '../admission.ts';
import type { Context } from '../context.ts';
import { deleteThroughLog, loggedDeletion, type LoggedDeletion } from './delete.ts';
import type { ClearedCall } from './enforce-slice.ts';
import { sharingOf } from './sharing.ts';

/** How a call ended. */
export type Outcome =
  | {
      readonly kind: 'forwarded';
      readonly opened: Opened;
      /** Milliseconds since PostHog was asked for an answer that is given again; null for one that was asked for now. */
      readonly ageMs: number | null;
    }
  | LoggedDeletion;

export async function execute(
  ctx: Context,
  admitted: Admitted,
  cleared: ClearedCall,
): Promise<Result<Outcome>> {
  switch (cleared.kind) {
    case 'forward':
      return forward(ctx, admitted, cleared.routed);
    case 'delete':
      return deleteThroughLog(ctx, admitted, cleared.resolution, cleared.key);
    case 'replayed':
      return ok(loggedDeletion(ctx, cleared.told));
  }
}

/** Whichever way PostHog was asked, its answer is that of the persons API from here on. */
async function forward(
  ctx: Context,
  admitted: Admitted,
  routed: Exclude<RoutedCall, { kind: 'delete' }>,
): Promise<Result<Outcome>> {
  const { opened, ageMs } =
    routed.call.operation.effect === 'read'
      ? await ctx.openShared(routed.request, sharingOf(admitted, ctx.request.headers))
      : await write(ctx, routed);
  ctx.log.remembered = ageMs !== null;
  if (routed.kind === 'persons' || opened.kind !== 'open') return ok({ kind: 'forwarded', opened, ageMs });
  const answer = await asPersonsAnswer(opened.answer, routed.envelope);
  return answer.ok
    ? ok({ kind: 'forwarded', opened: { kind: 'open', answer: answer.value }, ageMs })
    : answer;
}

/** Whatever PostHog said, it may have changed something. */
async function write(
  { posthog, services, waitUntil }: Context,
  { request }: Pick<RoutedCall, 'request'>,
): Promise<SharedOpened> {
  const opened = await posthog.open(request);
  // The deadline of PostHog's answer must not run while the shield is waited for.
  const given: Opened =
    opened.kind === 'open'
      ? { kind: 'open', answer: await readAhead(opened.answer, LIMITS.replyBufferBytes) }
      : opened;
  await services.forgetAnswers(request.projectId, waitUntil);
  return { opened: given, ageMs: null };
}
