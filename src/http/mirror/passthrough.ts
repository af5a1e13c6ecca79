/** PostHog's answer for a grant of a whole project that hides nothing: as PostHog gave it, with links of our own. */
import { failure, type Failure } from '../../core/failure.ts';
import { isJsonObject } from '../../core/json.ts';
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { ConstrainedCall } from '../../policy/constrain.ts';
import { readText } from '../../upstream/body.ts';
import type { UpstreamAnswer } from '../../upstream/transport.ts';
import { interpret, type Interpretation } from '../../upstream/interpret.ts';
import { replaceLinks } from '../../upstream/links.ts';
import { jsonReply, type Context, type Reply } from '../context.ts';
import { linksOf } from './links.ts';
import { refused } from '../reply/refused.ts';
import { relay } from './relay.ts';
import { rowsOf } from '../rows.ts';
import { tableReply } from '../reply/table.ts';

type ForwardCall = Extract<ConstrainedCall, { kind: 'forward' }>;

/** Passes an answer on; streamed where nothing in it has to be looked at. */
export async function wholeAnswer(
  answer: UpstreamAnswer,
  call: ForwardCall,
  ctx: Context,
): Promise<Result<Reply>> {
  const { services, log, request } = ctx;
  const { paging, rows } = call.operation.reply;
  if (paging === null && rows === null && answer.status < 300) return relay(answer, ctx);
  const text = await readText(answer, answer.status < 300 ? LIMITS.replyBytesMax : LIMITS.errorBytesMax);
  if (!text.ok) return text;
  const { status, retryAfterSeconds } = answer;
  const meaning = interpret({ status, retryAfterSeconds, text: text.value }, services.scrubs);
  return meaning.kind === 'success' ? page(meaning, call, request) : refused(meaning, log);
}

type Success = Extract<Interpretation, { kind: 'success' }>;

/** A page, with links of our own; as a table where one was asked for. */
function page({ status, text, json }: Success, call: ForwardCall, request: Request): Result<Reply> {
  if (!isJsonObject(json) || !Array.isArray(json['results'])) {
    // PostHog's insights answer the bare empty list where there is nothing to compute for (PostHog contract §4).
    return Array.isArray(json) && json.length === 0 ? ok(jsonReply(status, json)) : err(notAPage(status));
  }
  const { rows } = call.operation.reply;
  const links = linksOf(call, json, request);
  return ok(
    call.format === 'csv'
      ? tableReply(status, rowsOf(json, rows), links)
      : { status, type: 'application/json', body: replaceLinks(text, json, links) },
  );
}

const notAPage = (status: number): Failure =>
  failure('upstream_reply_invalid', `PostHog answered ${status} with JSON that is no page of results.`);
