/** Sending a permitted call, and whatever a grant's slice asks for before that. */
import { ok, type Result } from '../core/result.ts';
import type { ConstrainedCall } from '../policy/constrain.ts';
import type { Grant } from '../policy/grant.ts';
import { visibilityOf } from '../policy/redact.ts';
import type { UpstreamRequest } from '../upstream/request.ts';
import { fromObject } from './admission.ts';
import type { Exchange, Reply } from './exchange.ts';
import { narrowedAnswer } from './narrowed.ts';
import { namesOwnPerson, noSuchPerson } from './ownership.ts';
import { wholeAnswer } from './whole.ts';

type ForwardCall = Extract<ConstrainedCall, { kind: 'forward' }>;

/**
 * Sends the call and answers with what PostHog said. For a grant with a slice or with property rules that is more: the
 * person a call names is looked at first, and every person in the answer after.
 */
export async function passOn(call: ForwardCall, grant: Grant, exchange: Exchange): Promise<Result<Reply>> {
  const { gateway, trace } = exchange;
  const own = await maySend(call, grant, exchange);
  if (!own.ok) return own;
  if (!own.value) return ok(noSuchPerson(trace));

  const sentMs = gateway.nowMs();
  const answer = await gateway.door(requestOf(call));
  trace.upstreamMs = gateway.nowMs() - sentMs;
  if (!answer.ok) return answer;
  trace.upstreamStatus = answer.value.status;
  return isWhole(grant)
    ? wholeAnswer(answer.value, call, exchange)
    : narrowedAnswer(answer.value, call, grant, exchange);
}

/** Nothing of the project is outside this grant, and nothing of a person hidden. */
const isWhole = (grant: Grant): boolean => grant.slices.length === 0 && visibilityOf(grant).showsEverything;

async function maySend(call: ForwardCall, grant: Grant, exchange: Exchange): Promise<Result<boolean>> {
  return call.operation.slicing.kind === 'logged' && grant.slices.length > 0
    ? deletedByOwn(call, grant, exchange)
    : namesOwnPerson(call, grant, exchange);
}

/** Reset names somebody who is gone: there is nobody to read, but there is the tenant's own log. */
async function deletedByOwn(call: ForwardCall, grant: Grant, exchange: Exchange): Promise<Result<boolean>> {
  const { distinct_id: id } = call.input;
  const { tenant } = exchange.trace;
  if (tenant === null || typeof id !== 'string') return ok(false);
  const deleted = await fromObject(exchange, () =>
    exchange.gateway
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
  patience: call.operation.patience,
});
