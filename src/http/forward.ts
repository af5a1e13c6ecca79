/** Send, interpret and shape: a permitted call goes to PostHog, and its answer comes back as the client's own. */
import type { Paging, Window } from '../catalogue/operation.ts';
import { failure, type Failure } from '../core/failure.ts';
import { isJsonObject } from '../core/json.ts';
import { LIMITS } from '../core/limits.ts';
import { no, ok, type Result } from '../core/result.ts';
import type { PermittedCall } from '../policy/decide.ts';
import { readText } from '../upstream/body.ts';
import { interpret, type Interpretation } from '../upstream/interpret.ts';
import { rebuildLinks, replaceLinks, type Links } from '../upstream/links.ts';
import type { UpstreamRequest } from '../upstream/request.ts';
import { csvOf } from './csv.ts';
import { jsonReply, type Exchange, type Reply } from './exchange.ts';
import { targetOf } from './path.ts';
import { refused } from './refused.ts';
import { relay } from './relay.ts';
import { rowsOf } from './rows.ts';

type ForwardCall = Extract<PermittedCall, { kind: 'forward' }>;

/** Sends the call and answers with what PostHog said. */
export async function passOn(call: ForwardCall, exchange: Exchange): Promise<Result<Reply>> {
  const { gateway, trace } = exchange;
  const sentMs = gateway.nowMs();
  const answer = await gateway.door(requestOf(call));
  trace.upstreamMs = gateway.nowMs() - sentMs;
  if (!answer.ok) return answer;
  trace.upstreamStatus = answer.value.status;

  const { paging, rows } = call.operation.reply;
  if (paging === null && rows === null && answer.value.status < 300) return relay(answer.value, exchange);

  const bytesMax = answer.value.status < 300 ? LIMITS.replyBytesMax : LIMITS.errorBytesMax;
  const text = await readText(answer.value, bytesMax);
  if (!text.ok) return text;
  const { status, retryAfterSeconds } = answer.value;
  const meaning = interpret({ status, retryAfterSeconds, text: text.value }, gateway.scrubs);
  return meaning.kind === 'success' ? page(meaning, call, exchange.request) : refused(meaning, trace);
}

const requestOf = (call: ForwardCall): UpstreamRequest => ({
  method: call.method,
  projectId: call.projectId,
  segments: call.segments,
  query: call.query,
  body: call.body,
  patience: call.operation.patience,
});

type Success = Extract<Interpretation, { kind: 'success' }>;

/** A page, with links of our own; as a table where one was asked for. */
function page({ status, text, json }: Success, call: ForwardCall, request: Request): Result<Reply> {
  if (!isJsonObject(json) || !Array.isArray(json['results'])) {
    // PostHog's insights answer the bare empty list where there is nothing to compute for (PostHog contract §4).
    return Array.isArray(json) && json.length === 0 ? ok(jsonReply(status, json)) : no(notAPage(status));
  }
  const { paging, rows } = call.operation.reply;
  const place = paging === null || call.window === null ? null : placeOf(call, paging, call.window, request);
  const links = place === null ? {} : rebuildLinks(json, place);
  return ok(
    call.format === 'csv'
      ? table(status, rowsOf(json, rows), links)
      : { status, type: 'application/json', body: replaceLinks(text, json, links) },
  );
}

const notAPage = (status: number): Failure =>
  failure('upstream_reply_invalid', `PostHog answered ${status} with JSON that is no page of results.`);

/** A table has no place for links, so the way to the next page goes into a header (RFC 8288). */
const table = (status: number, rows: readonly object[], links: Links): Reply => ({
  status,
  type: 'text/csv; charset=utf-8',
  body: csvOf(rows),
  headers: typeof links.next === 'string' ? { Link: `<${links.next}>; rel="next"` } : {},
});

function placeOf(call: ForwardCall, paging: Paging, window: Window, request: Request) {
  const { path } = targetOf(request.url);
  const asked = call.format === 'csv' ? [...call.asked, ['format', 'csv'] as const] : call.asked;
  return { url: new URL(request.url).origin + path, asked, paging, window };
}
