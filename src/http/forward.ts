/** Send, interpret and shape: a permitted call goes to PostHog, and its answer comes back as the client's own. */
import type { Paging, Window } from '../catalogue/operation.ts';
import { isJsonObject } from '../core/json.ts';
import { LIMITS } from '../core/limits.ts';
import { ok, type Result } from '../core/result.ts';
import type { PermittedCall } from '../policy/decide.ts';
import { readText } from '../upstream/body.ts';
import { interpret, type Interpretation } from '../upstream/interpret.ts';
import { rebuildLinks, replaceLinks, type Links } from '../upstream/links.ts';
import type { UpstreamRequest } from '../upstream/request.ts';
import { csvOf } from './csv.ts';
import type { Exchange, Reply } from './exchange.ts';
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

  const text = await readText(answer.value, LIMITS.replyBytesMax);
  if (!text.ok) return text;
  const { status, retryAfterSeconds } = answer.value;
  const meaning = interpret({ status, retryAfterSeconds, text: text.value }, gateway.scrubError);
  return meaning.kind === 'success' ? page(meaning, call, exchange) : refused(meaning, trace);
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
function page(meaning: Success, call: ForwardCall, exchange: Exchange): Result<Reply> {
  const { gateway, request } = exchange;
  const { json } = meaning;
  if (!isJsonObject(json)) return ok(plain(meaning, gateway.scrubKey));
  const { paging } = call.operation.reply;
  const links =
    paging === null || call.window === null
      ? {}
      : rebuildLinks(json, placeOf(call, paging, call.window, request));
  if (call.format === 'csv')
    return ok(table(rowsOf(json, call.operation.reply.rows), links, meaning, exchange));
  return ok(plain({ ...meaning, text: replaceLinks(meaning.text, json, links) }, gateway.scrubKey));
}

const plain = ({ status, text }: Success, scrub: (text: string) => string): Reply => ({
  status,
  type: text === '' ? null : 'application/json',
  body: text === '' ? null : scrub(text),
});

/** A table has no place for links, so the way to the next page goes into a header (RFC 8288). */
function table(
  rows: Parameters<typeof csvOf>[0],
  links: Links,
  { status }: Success,
  { gateway }: Exchange,
): Reply {
  const link = typeof links.next === 'string' ? { Link: `<${links.next}>; rel="next"` } : {};
  return { status, type: 'text/csv; charset=utf-8', body: gateway.scrubKey(csvOf(rows)), headers: link };
}

function placeOf(call: ForwardCall, paging: Paging, window: Window, request: Request) {
  const { path } = targetOf(request.url);
  const asked = call.format === 'csv' ? [...call.asked, ['format', 'csv'] as const] : call.asked;
  return { url: new URL(request.url).origin + path, asked, paging, window };
}
