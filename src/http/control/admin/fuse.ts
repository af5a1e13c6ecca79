/** The fuse over the deletions of all tenants. */
import type { FuseStatus } from '../../../contract/deletions/fuse.ts';
import type { Result } from '../../../core/result.ts';
import { callObject } from '../../call-object.ts';
import type { Context } from '../../context.ts';
import { answer, type Answer } from '../serve.ts';
import { withAdmin } from './guard.ts';

/** `GET /admin/v1/fuse` */
export const getFuse = withAdmin('admin_get_fuse', async (ctx) => statusAnswer(ctx));

/** `POST /admin/v1/fuse/reset` */
export const resetFuse = withAdmin('admin_reset_fuse', async (ctx) => {
  const { reason = null } = ctx.input.body;
  const before = await statusAnswer(ctx);
  if (!before.ok) return before;
  const reset = await callObject(ctx, () => ctx.services.fuse().reset(reason));
  if (!reset.ok) return reset;
  const after = await statusAnswer(ctx);
  return after.ok
    ? answer(after.value.value, { change: changeOf(before.value.value, after.value.value) })
    : after;
});

const changeOf = (before: FuseStatus, after: FuseStatus) => ({
  before: { tripped: before.tripped, last_reset: before.last_reset },
  after: { tripped: after.tripped, last_reset: after.last_reset },
});

async function statusAnswer(ctx: Context): Promise<Result<Answer<FuseStatus>>> {
  const { fuse, fusePersonsPerDay } = ctx.services;
  const status = await callObject(ctx, () => fuse().status(fusePersonsPerDay));
  return status.ok ? answer(status.value) : status;
}
