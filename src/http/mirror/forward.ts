/** Sending a permitted call, and whatever a grant's slice asks for before that. */
import { ok, type Result } from '../../core/result.ts';
import type { ConstrainedCall } from '../../policy/constrain.ts';
import type { Grant } from '../../policy/grant.ts';
import { visibilityOf } from '../../policy/visibility.ts';
import type { UpstreamRequest } from '../../upstream/request.ts';
import { callObject } from '../call-object.ts';
import type { Context, Reply } from '../context.ts';
import { narrowedAnswer } from './redacted.ts';
import { namesOwnPerson, noSuchPerson } from '../slicing/check-person.ts';
import { wholeAnswer } from './passthrough.ts';

type ForwardCall = Extract<ConstrainedCall, { kind: 'forward' }>;

/**
 * Sends the call and answers with what PostHog said. For a grant with a slice or with property rules that is more: the
 * person a call names is looked at first, and every person in the answer after.
 */
export async function passOn(call: ForwardCall, grant: Grant, ctx: Context): Promise<Result<Reply>> {
  const { services, log } = ctx;
  const own = await maySend(call, grant, ctx);
  if (!own.ok) return own;
  if (!own.value) return ok(noSuchPerson(log));

  const sentMs = services.nowMs();
  const answer = await services.door(requestOf(call));
  log.upstreamMs = services.nowMs() - sentMs;
  if (!answer.ok) return answer;
  log.upstreamStatus = answer.value.status;
  return isWhole(grant)
    ? wholeAnswer(answer.value, call, ctx)
    : narrowedAnswer(answer.value, call, grant, ctx);
}

/** Nothing of the project is outside this grant, and nothing of a person hidden. */
const isWhole = (grant: Grant): boolean => grant.slices.length === 0 && visibilityOf(grant).showsEverything;

async function maySend(call: ForwardCall, grant: Grant, ctx: Context): Promise<Result<boolean>> {
  return call.operation.slicing.kind === 'logged' && grant.slices.length > 0
    ? deletedByOwn(call, grant, ctx)
    : namesOwnPerson(call, grant, ctx);
}

/** Reset names somebody who is gone: there is nobody to read, but there is the tenant's own log. */
async function deletedByOwn(call: ForwardCall, grant: Grant, ctx: Context): Promise<Result<boolean>> {
  const { distinct_id: id } = call.input;
  const { tenant } = ctx.log;
  if (tenant === null || typeof id !== 'string') return ok(false);
  const deleted = await callObject(ctx, () =>
    ctx.services
      .deletionLog(tenant)
      .deletedDistinctIds([id], { projectId: call.projectId, slices: grant.slices }),
  );
  return deleted.ok ? ok(deleted.value.includes(id)) : deleted;
}

const requestOf = (call: ForwardCall): UpstreamRequest => ({
  method: call.method,
  projectId: call.projectId,
  segments: call.segments,
  query: call.query,
  body: call.body,
  delivery: call.operation.delivery,
});
