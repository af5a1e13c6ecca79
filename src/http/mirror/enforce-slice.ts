/** Holds a routed call to the slice of its grant, as far as that takes asking PostHog or the deletion log. */
import { failure, type Failure } from '../../core/failure.ts';
import type { IdempotencyKey } from '../../core/ids.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { Tombstones } from '../../core/shield/tombstones.ts';
import type { ReplayedDeletion } from '../../objects/deletion-log/deletion-log.ts';
import { isFreeOrInSlice, namesPersonInSlice } from '../../slicing/check-person.ts';
import { SINGLE_READS_MAX } from '../../slicing/find-without-batch.ts';
import { resolveDeletion, type ResolvedDeletion } from '../../slicing/resolve-deletion.ts';
import type { ForwardCall } from '../../upstream/request.ts';
import type { RoutedCall } from '../../upstream/route.ts';
import type { Admitted } from '../admission.ts';
import { callObject } from '../call-object.ts';
import type { Context } from '../context.ts';
import { earlierDeletion } from '../earlier-deletion.ts';
import { readIdempotencyKey } from '../input/idempotency-key.ts';

/** Stays in this file, so that nothing is sent that was not held to its slice. */
const cleared = Symbol('cleared');

/** A call that may go to PostHog now. */
export type ClearedCall = { readonly [cleared]: true } & (
  | { readonly kind: 'forward'; readonly routed: Exclude<RoutedCall, { kind: 'delete' }> }
  | {
      readonly kind: 'delete';
      readonly resolution: ResolvedDeletion;
      readonly key: IdempotencyKey | null;
    }
  /** The idempotency key stands for a deletion that was written down before. */
  | { readonly kind: 'replayed'; readonly told: ReplayedDeletion }
);

/** Fails with `not_found` where the call names a person outside the slice, one that is being deleted, or none. */
export async function enforceSlice(
  ctx: Context,
  admitted: Admitted,
  routed: RoutedCall,
  tombstones: Tombstones,
): Promise<Result<ClearedCall>> {
  const { posthog, services } = ctx;
  const { slices } = admitted.grant;
  if (routed.kind === 'delete') {
    const { call } = routed;
    const key = readIdempotencyKey(ctx.request.headers);
    if (!key.ok) return key;
    // A look-up would not find persons who were deleted before. Without a slice there is no look-up, and the log finds the key.
    const earlier =
      slices.length === 0 ? ok(null) : await earlierDeletion(ctx, admitted, call.deletion, key.value);
    if (!earlier.ok) return earlier;
    if (earlier.value !== null) return ok({ [cleared]: true, kind: 'replayed', told: earlier.value });
    const { generation } = services.upstream;
    const { projectId } = call;
    const lookup = { posthog, generation, projectId, slices, singleReadsMax: SINGLE_READS_MAX };
    const resolution = await resolveDeletion(lookup, call.deletion);
    if (!resolution.ok) return resolution;
    return resolution.value === null
      ? err(notFound())
      : ok({ [cleared]: true, kind: 'delete', resolution: resolution.value, key: key.value });
  }
  const { call } = routed;
  const allowed =
    call.operation.slicing.kind === 'logged' && slices.length > 0
      ? await wasDeletedInSlice(ctx, admitted, call)
      : await namesPersonInSlice(posthog, call, { slices, tombstones });
  if (!allowed.ok) return allowed;
  return allowed.value ? ok({ [cleared]: true, kind: 'forward', routed }) : err(notFound());
}

/** PostHog's own answer for a person it does not have (PostHog contract §4). */
export const notFound = (): Failure => failure('not_found', 'Not found.');

/** The person no longer exists, so the deletion log is asked; a person who has the distinct id now must be in the slice. */
async function wasDeletedInSlice(
  ctx: Context,
  { grant: { slices }, principal: { tenant }, registration }: Admitted,
  call: ForwardCall,
): Promise<Result<boolean>> {
  const { distinct_id: id } = call.arguments;
  if (typeof id !== 'string') return ok(false);
  const scope = { projectId: call.projectId, slices, registration };
  const deleted = await callObject(ctx, () =>
    ctx.services.deletionLog(tenant).deletedDistinctIds([id], scope),
  );
  if (!deleted.ok) return deleted;
  return deleted.value.includes(id) ? isFreeOrInSlice(ctx.posthog, call.projectId, id, slices) : ok(false);
}
