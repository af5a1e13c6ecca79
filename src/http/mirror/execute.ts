/** Carries a cleared call out: forwarded to PostHog, or handed to the deletion log. */
import { ok, type Result } from '../../core/result.ts';
import type { Opened } from '../../upstream/client.ts';
import { requestOf } from '../../upstream/request.ts';
import type { Admitted } from '../admission.ts';
import type { Context } from '../context.ts';
import { deleteThroughLog, type LoggedDeletion } from './delete.ts';
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
      return ok({ kind: 'forwarded', opened: await ctx.posthog.open(requestOf(cleared.call)) });
    case 'delete':
      return deleteThroughLog(ctx, admitted, cleared.resolution);
  }
}
