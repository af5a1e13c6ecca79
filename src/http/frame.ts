/**
 * What surrounds every request: an id, one place where nothing escapes from, the headers every answer has, and the
 * one log line. Handlers answer or fail; they do not know about any of this.
 */
import { failure, type Failure } from '../core/failure.ts';
import { newRequestId, type RequestId } from '../core/ids.ts';
import { no, type Result } from '../core/result.ts';
import { corsHeaders } from './cors.ts';
import type { Exchange, Gateway, Handler, Reply, Trace } from './exchange.ts';
import { problemReply } from './problem.ts';
import { rateHeaders } from './rate-headers.ts';
import { writeDefect, writeRecord } from './record.ts';

/** On every answer. Pages of ours override the policy with one that lets their style in. */
const FIXED_HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=63072000; includeSubDomains',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  Vary: 'Origin',
} as const;

/** Answers a request with a handler. `route` is what the log line calls it. */
export async function answer(
  gateway: Gateway,
  request: Request,
  route: string,
  parameters: Exchange['parameters'],
  handler: Handler,
): Promise<Response> {
  const trace = openTrace(gateway, route);
  const result = await guarded(handler, { request, gateway, trace, parameters });
  if (!result.ok) trace.code = result.failure.code;
  const reply = result.ok ? result.value : problemReply(result.failure, trace.requestId);
  const record = () => writeRecord(trace, request.method, reply.status, gateway.nowMs());
  if (reply.sent === undefined) record();
  else void reply.sent.then(record);
  return responseOf(reply, request, trace);
}

const openTrace = (gateway: Gateway, route: string): Trace => ({
  requestId: newRequestId(gateway.random),
  startedMs: gateway.nowMs(),
  route,
  tenant: null,
  token: null,
  code: null,
  upstreamStatus: null,
  upstreamMs: null,
  deletion: null,
  foreignRows: 0,
  limits: [],
  allowedOrigin: null,
});

async function guarded(handler: Handler, exchange: Exchange): Promise<Result<Reply>> {
  try {
    return await handler(exchange);
  } catch (error) {
    writeDefect(exchange.trace, error);
    return no(internalError());
  }
}

const internalError = (): Failure =>
  failure('internal_error', 'Something went wrong here. The request id tells the operator where to look.');

function responseOf(reply: Reply, request: Request, trace: Trace): Response {
  const origin = request.headers.get('origin');
  return bareResponse(reply, trace.requestId, {
    ...rateHeaders(trace.limits),
    ...corsHeaders(origin, trace.allowedOrigin, trace.code),
  });
}

/** An answer with nothing but what every answer has. */
export function bareResponse(
  reply: Reply,
  requestId: RequestId,
  more: Record<string, string> = {},
): Response {
  return new Response(reply.body, {
    status: reply.status,
    headers: {
      ...FIXED_HEADERS,
      ...(reply.type === null ? {} : { 'Content-Type': reply.type }),
      'X-Request-Id': requestId,
      ...more,
      ...reply.headers,
    },
  });
}
