/** What of PostHog's answer goes out, for every operation: successes as the grant shows them, refusals and failures. */
import { failure, type Failure } from '../../core/failure.ts';
import type { DeletionId } from '../../core/ids.ts';
import { isJsonObject } from '../../core/json.ts';
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { PendingState } from '../../objects/deletion-log/deletion-log.ts';
import { queuedSummary } from '../../objects/deletion-log/send.ts';
import type { ConstrainedCall } from '../../policy/constrain.ts';
import type { Grant } from '../../policy/grant.ts';
import { showsWhole } from '../../policy/redact-answer.ts';
import { redactDeletionSummary } from '../../policy/redact.ts';
import type { OpenAnswer } from '../../upstream/client.ts';
import type { Interpretation } from '../../upstream/interpret.ts';
import { JSON_TYPE, jsonReply, type Context, type Reply } from '../context.ts';
import { noteFailure } from '../log.ts';
import { addressOf, deletionHeaders } from '../reply/deletion-headers.ts';
import { problemReply, refusalReply } from '../reply/problem.ts';
import { notFound } from './enforce-slice.ts';
import type { Outcome } from './execute.ts';
import { renderSuccess, type View } from './render-success.ts';

type Refusal = Extract<Interpretation, { kind: 'refusal' }>;

export async function render(
  ctx: Context,
  view: View,
  call: ConstrainedCall,
  outcome: Outcome,
): Promise<Result<Reply>> {
  const { grant } = view;
  if (outcome.kind === 'deleted') return ok(renderDeletion(ctx, grant, call, outcome));
  const { opened, ageMs } = outcome;
  if (opened.kind === 'failure') return err(opened.failure);
  if (opened.kind === 'refusal') return renderRefusal(ctx, grant, call, opened);
  if (call.operation.reply.schema === null) return renderEmpty(call, opened.answer);
  const rendered = await renderSuccess(ctx, view, call, opened.answer);
  if (!rendered.ok || ageMs === null) return rendered;
  const headers = { ...rendered.value.headers, Age: String(Math.floor(ageMs / 1000)) };
  return ok({ ...rendered.value, headers });
}

/** PostHog quotes what it was sent and what it has, which is more than a narrow grant may see. */
function renderRefusal(
  ctx: Context,
  grant: Grant,
  call: Pick<ConstrainedCall, 'operation'>,
  refusal: Refusal,
): Result<Reply> {
  if (showsWhole(grant)) return ok(refusalReply(refusal, ctx.log.requestId));
  return refusal.status === 404 && call.operation.slicing.kind !== 'filtered'
    ? err(notFound())
    : ok(refusalReply(withoutWords(refusal), ctx.log.requestId));
}

const withoutWords = (refusal: Refusal): Refusal => ({
  ...refusal,
  body: {
    type: 'invalid_request',
    code: 'upstream_refused',
    attr: null,
    detail: 'PostHog refused the request.',
  },
});

/** A success that the catalogue calls empty: what PostHog may put into its body does not go out. */
async function renderEmpty(call: ConstrainedCall, answer: OpenAnswer): Promise<Result<Reply>> {
  const text = await answer.text(LIMITS.errorBytesMax);
  if (!text.ok) return text;
  return isEmptySuccess(text.value)
    ? ok({ status: call.operation.reply.status, type: null, body: null })
    : err(
        failure(
          'upstream_reply_invalid',
          `PostHog answered ${answer.status} with a body that is not its API's.`,
        ),
      );
}

function isEmptySuccess(text: string): boolean {
  if (text === '') return true;
  try {
    return isJsonObject(JSON.parse(text));
  } catch {
    return false;
  }
}

/** Whatever came of a deletion, the client learns which entry of the log it is. */
export function renderDeletion(
  ctx: Context,
  grant: Grant,
  call: Pick<ConstrainedCall, 'operation'>,
  { told }: Extract<Outcome, { kind: 'deleted' }>,
): Reply {
  const reply =
    told.pending === null
      ? deletionReply(ctx, grant, call, told.interpretation)
      : pendingReply(call, told.entry, told.pending);
  return { ...reply, headers: { ...reply.headers, ...deletionHeaders(told.entry, told) } };
}

/**
 * A deletion that is held, or that is sent again by itself: accepted, in the form of PostHog's newest answer, with its
 * state. No client is told to ask for it again.
 */
function pendingReply(
  call: Pick<ConstrainedCall, 'operation'>,
  entry: DeletionId,
  { state, persons, next_attempt_at, last_problem, note }: PendingState,
): Reply {
  const deletion = { id: entry, state, next_attempt_at, last_problem, note, location: addressOf(entry) };
  const json = call.operation.reply.schema === null ? {} : queuedSummary(persons);
  return jsonReply(202, { ...json, deletion });
}

function deletionReply(
  ctx: Context,
  grant: Grant,
  call: Pick<ConstrainedCall, 'operation'>,
  meaning: Interpretation,
): Reply {
  switch (meaning.kind) {
    case 'success': {
      const { status, text, json } = meaning;
      if (call.operation.reply.schema === null || !isJsonObject(json))
        return { status, type: null, body: null };
      return showsWhole(grant)
        ? { status, type: JSON_TYPE, body: text }
        : jsonReply(status, redactDeletionSummary(json));
    }
    case 'refusal': {
      const refusal = renderRefusal(ctx, grant, call, meaning);
      return refusal.ok ? refusal.value : problem(ctx, refusal.failure);
    }
    case 'failure':
      return problem(ctx, meaning.failure);
  }
}

function problem({ log }: Context, why: Failure): Reply {
  noteFailure(log, why);
  return problemReply(why, log.requestId);
}
