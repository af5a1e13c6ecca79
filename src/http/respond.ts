/**
 * What surrounds every request: an id, one place where nothing escapes from, the headers every answer has, and the
 * one log line. Handlers answer or fail; they do not know about any of this.
 */
import { failure, type Failure } from '../core/failure.ts';
import { newRequestId, type RequestId } from '../core/ids.ts';
import { err, type Result } from '../core/result.ts';
import { corsHeaders } from './reply/cors.ts';
import type { Context, Services, Handler, Reply, RequestLog, ResponseState } from './context.ts';
import { problemReply } from './reply/problem.ts';
import { rateHeaders } from './reply/rate-limit-headers.ts';
import { logDefect, logRequest } from './log.ts';

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
export async function respond(
  services: Services,
  request: Request,
  route: string,
  parameters: Context['parameters'],
  handler: Handler,
): Promise<Response> {
  const log = openLog(services, route);
  const response: ResponseState = { limits: [], allowedOrigin: null };
  const posthog = services.posthog((status, ms) => countCall(log, status, ms));
  const result = await guarded(handler, { request, services, posthog, log, response, parameters });
  if (!result.ok) log.code = result.failure.code;
  const reply = result.ok ? result.value : problemReply(result.failure, log.requestId);
  const record = () => logRequest(log, request.method, reply.status, services.nowMs());
  if (reply.sent === undefined) record();
  else void reply.sent.then(record);
  return responseOf(reply, request, log, response);
}

const openLog = (services: Services, route: string): RequestLog => ({
  requestId: newRequestId(services.random),
  startedMs: services.nowMs(),
  route,
  tenant: null,
  token: null,
  code: null,
  upstreamStatus: null,
  upstreamMs: null,
  upstreamCalls: 0,
  deletion: null,
  foreignRows: 0,
  unreadableRows: 0,
});

function countCall(log: RequestLog, status: number | null, ms: number): void {
  log.upstreamStatus = status;
  log.upstreamMs = (log.upstreamMs ?? 0) + ms;
  log.upstreamCalls += 1;
}

async function guarded(handler: Handler, ctx: Context): Promise<Result<Reply>> {
  try {
    return await handler(ctx);
  } catch (error) {
    logDefect(ctx.log, error);
    return err(internalError());
  }
}

const internalError = (): Failure =>
  failure('internal_error', 'Something went wrong here. The request id tells the operator where to look.');

function responseOf(reply: Reply, request: Request, log: RequestLog, response: ResponseState): Response {
  const origin = request.headers.get('origin');
  return bareResponse(reply, log.requestId, {
    ...rateHeaders(response.limits),
    ...corsHeaders(origin, response.allowedOrigin, log.code),
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
