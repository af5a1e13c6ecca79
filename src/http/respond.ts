/**
 * Answers every request: gives it an id, catches everything a handler throws, adds the headers that every answer has,
 * and writes exactly one log line, whatever becomes of the answer.
 */
import { failure, type Failure } from '../core/failure.ts';
import { newRequestId, type RequestId, type TokenId } from '../core/ids.ts';
import type { RefusedRequest } from '../core/usage/refused-request.ts';
import { err, type Result } from '../core/result.ts';
import type { Invocation } from '../upstream/pacing.ts';
import type { Context, Handler, Paying, Reply, RequestLog, ResponseState, Services } from './context.ts';
import { logDefect, logRequest, noteFailure, openLog, whyOf } from './log.ts';
import { corsHeaders, type Plane } from './reply/cors.ts';
import { budgetHeaders } from './reply/deletion-headers.ts';
import { problemReply } from './reply/problem.ts';
import { tokenHeaders } from './reply/token-headers.ts';
import { rateHeaders } from './reply/rate-limit-headers.ts';
import { watchBody, type BodyEnd } from './reply/watch-body.ts';

/** On every answer, made once: a copy costs half. The landing page overrides the policy with one that lets its style in. */
const FIXED_HEADERS = new Headers({
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=63072000; includeSubDomains',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  Vary: 'Origin',
});

/** Keeps the runtime working for a request whose answer went out, or whose client is gone. */
export type Execution = Pick<ExecutionContext, 'waitUntil'>;

/** A request and what the router knows of it. */
export interface Routed {
  readonly request: Request;
  /** What the log line calls it. */
  readonly route: string;
  readonly plane: Plane;
  readonly parameters: Context['parameters'];
}

/** An answer on its way, and how its body ends: `null` where all of it went out. */
interface Answered {
  readonly response: Response;
  readonly ended: Promise<BodyEnd | null>;
}

/** Answers a request with a handler. */
export function respond(
  services: Services,
  execution: Execution,
  routed: Routed,
  handler: Handler,
): Promise<Response> {
  const log = openLog(newRequestId(services.random), services.nowMs(), routed.route);
  // Until a tenant is known, only the operator asks PostHog anything.
  const paying: Paying = { payer: { kind: 'reserved' } };
  const invocation = {
    left: routed.request.signal,
    waitUntil: (work: Promise<unknown>) => execution.waitUntil(work),
    payer: () => paying.payer,
  };
  const answered = answer(services, invocation, paying, routed, handler, log);
  // The runtime drops what it is not told to wait for as soon as the client is gone, and the line with it.
  execution.waitUntil(answered.then((one) => writeLine(services, routed, log, one)));
  return answered.then(({ response }) => response);
}

async function writeLine(
  services: Services,
  { request }: Routed,
  log: RequestLog,
  { response, ended }: Answered,
): Promise<void> {
  const end = await ended;
  log.code ??= end;
  logRequest(log, request, response.status, services.nowMs());
  await Promise.all([services.alarmReporter.report(log), countUsage(services, log, request)]);
}

/** A request whose token could not be read is nobody's usage: it has no token. A client that left was not refused. */
async function countUsage({ usage }: Services, log: RequestLog, request: Request): Promise<void> {
  const { tenant, token, startedMs, upstreamCalls, remembered } = log;
  if (tenant === null || token === null) return;
  const refused = refusedOf(log, token, request);
  await usage.count({ tenant, token, startedMs, refused, upstreamCalls, remembered });
}

function refusedOf(log: RequestLog, token: TokenId, request: Request): RefusedRequest | null {
  const { failure: why, requestId, route, startedMs } = log;
  if (why === null || why.clientLeft === true) return null;
  const { attr = null, missing_scopes = null, origin = null, limit = null } = whyOf(why, request);
  return {
    refused_at: new Date(startedMs).toISOString(),
    token,
    request_id: requestId,
    method: request.method,
    route,
    code: why.code,
    attr,
    missing_scopes,
    origin,
    limit,
  };
}

async function answer(
  services: Services,
  invocation: Invocation,
  paying: Paying,
  routed: Routed,
  handler: Handler,
  log: RequestLog,
): Promise<Answered> {
  const { request, parameters } = routed;
  const state: ResponseState = {
    limits: [],
    tokenExpiresAtSeconds: null,
    allowedOrigin: null,
    deletionBudgets: [],
  };
  const posthog = services.posthog((status, ms) => countCall(log, status, ms), invocation);
  try {
    const openShared: Context['openShared'] = (asked, sharing) =>
      services.sharedReads(posthog, invocation, asked, sharing);
    const result = await handler({
      request,
      services,
      posthog,
      openShared,
      waitUntil: invocation.waitUntil,
      log,
      response: state,
      paying,
      parameters,
    });
    return await answeredOf(result, routed, log, state);
  } catch (error) {
    logDefect(log, error);
    return answeredOf(err(internalError()), routed, log, state);
  }
}

async function answeredOf(
  result: Result<Reply>,
  { request, plane }: Routed,
  log: RequestLog,
  { limits, tokenExpiresAtSeconds, allowedOrigin, deletionBudgets }: ResponseState,
): Promise<Answered> {
  if (!result.ok) noteFailure(log, result.failure);
  const reply = result.ok ? result.value : problemReply(result.failure, log.requestId);
  const origin = request.headers.get('origin');
  const headers = {
    ...rateHeaders(limits),
    ...tokenHeaders(tokenExpiresAtSeconds),
    ...budgetHeaders(deletionBudgets),
    ...corsHeaders({ plane, origin, allowedOrigin, code: log.code }),
  };
  if (!(reply.body instanceof ReadableStream)) {
    const ended = Promise.resolve(request.signal.aborted ? ('client_left' as const) : null);
    return { response: bareResponse(reply, log.requestId, headers), ended };
  }
  if (request.method === 'HEAD') {
    await reply.body.cancel();
    return {
      response: bareResponse({ ...reply, body: null }, log.requestId, headers),
      ended: Promise.resolve(null),
    };
  }
  const { body, ended } = watchBody(reply.body, request.signal);
  return { response: bareResponse({ ...reply, body }, log.requestId, headers), ended };
}

function countCall(log: RequestLog, status: number | null, ms: number): void {
  log.upstreamStatus = status;
  log.upstreamMs = (log.upstreamMs ?? 0) + ms;
  log.upstreamCalls += 1;
}

const internalError = (): Failure =>
  failure('internal_error', 'Something went wrong here. The request id tells the operator where to look.');

/** An answer with nothing but what every answer has. */
export function bareResponse(
  reply: Reply,
  requestId: RequestId,
  more: Record<string, string> = {},
): Response {
  const response = new Response(reply.body, { status: reply.status, headers: FIXED_HEADERS });
  const { headers } = response;
  if (reply.type !== null) headers.set('Content-Type', reply.type);
  headers.set('X-Request-Id', requestId);
  for (const [name, value] of Object.entries({ ...more, ...reply.headers })) headers.set(name, value);
  return response;
}
