/**
 * Paces what PostHog is asked. A query waits for a permit of its project's pacer; other calls do not wait, and are
 * counted, because PostHog counts them together with queries (PostHog contract §9, corrections §5 Q9).
 */
import { failureUntil, type Failure } from '../core/failure.ts';
import type { ProjectId } from '../core/ids.ts';
import { LIMITS } from '../core/limits.ts';
import { err, type Result } from '../core/result.ts';
import { CallCounter } from './call-counter.ts';
import type { UpstreamRequest } from './request.ts';
import type { Transport, UpstreamAnswer } from './transport.ts';

/** A query that wants to be sent. */
export interface PermitAsk {
  /** Names the permit; no other query has the same. */
  readonly id: string;
  /** Milliseconds after which the query has ended, or its caller is gone. */
  readonly holdMs: number;
  /** Other calls that PostHog took since the last report. */
  readonly calls: number;
}

/** How PostHog answered. */
export interface AnswerFacts {
  /** `null`: it did not. */
  readonly status: number | null;
  readonly retryAfterSeconds: number | null;
}

/** Who gives permits for one project. It may be out of reach: then queries are sent without one. */
export interface Pacer {
  /** Waits for a permit. Fails with `upstream_busy` or `upstream_rate_limited`, with the seconds to wait. */
  readonly acquire: (ask: PermitAsk) => Promise<Result<null>>;
  /** The query of the permit was answered. */
  readonly release: (id: string, answer: AnswerFacts) => Promise<void>;
  /** The caller has left. */
  readonly cancel: (id: string) => Promise<void>;
  /** Other calls that PostHog took since the last report, and how the newest was answered. */
  readonly report: (calls: number, newest: AnswerFacts) => Promise<void>;
}

/** The request that calls are made for. */
export interface Invocation {
  /** Aborts when the client is gone. */
  readonly left: AbortSignal;
  /** Lets work go on after the answer went out. */
  readonly waitUntil: (work: Promise<unknown>) => void;
}

export interface PacingOptions {
  readonly pacerOf: (projectId: ProjectId) => Pacer;
  /** The longest time between a query and the head of its answer. */
  readonly slowTimeoutMs: number;
  readonly newId: () => string;
  readonly nowMs: () => number;
  /** Told when a pacer cannot be reached. */
  readonly unreachable: (error: unknown) => void;
}

/** Puts a pace on a transport, for one request of a client. */
export type Pacing = (transport: Transport, invocation: Invocation) => Transport;

/** A permit outlives the deadline of its query by this, so that the end of the query is told first. */
const HOLD_MARGIN_MS = 5000;
/** A pacer that says nothing for this much longer than a query may wait is taken for unreachable. */
const PACER_MARGIN_MS = 2000;
const LEFT_SECONDS = 1;

/** One pacing for all requests of an isolate: they are counted together. */
export function pacing(options: PacingOptions): Pacing {
  const counter = new CallCounter(options.nowMs);
  return (transport, invocation) => (request) =>
    request.resource === 'query'
      ? askInTurn(transport, invocation, request, options, counter)
      : askCounted(transport, invocation, request, options, counter);
}

async function askCounted(
  transport: Transport,
  { waitUntil }: Invocation,
  request: UpstreamRequest,
  { pacerOf, unreachable }: PacingOptions,
  counter: CallCounter,
): Promise<Result<UpstreamAnswer>> {
  const { projectId } = request;
  const answer = await transport(request);
  const facts = factsOf(answer);
  const refused = facts.status === 429;
  if (!refused) counter.add(projectId);
  if (refused || counter.isWorthTelling(projectId)) {
    waitUntil(pacerOf(projectId).report(counter.take(projectId), facts).catch(unreachable));
  }
  return answer;
}

async function askInTurn(
  transport: Transport,
  { left, waitUntil }: Invocation,
  request: UpstreamRequest,
  { pacerOf, slowTimeoutMs, newId, unreachable }: PacingOptions,
  counter: CallCounter,
): Promise<Result<UpstreamAnswer>> {
  const { projectId } = request;
  const pacer = pacerOf(projectId);
  const id = newId();
  const ask = { id, holdMs: slowTimeoutMs + HOLD_MARGIN_MS, calls: counter.take(projectId) };
  const turn = await firstOf(pacer.acquire(ask), left);
  if (turn.kind === 'answered') {
    if (!turn.result.ok) return turn.result;
    const answer = await transport(request, left);
    waitUntil(pacer.release(id, factsOf(answer)).catch(unreachable));
    return answer.ok || !left.aborted ? answer : err(clientLeft());
  }
  waitUntil(pacer.cancel(id).catch(unreachable));
  if (turn.kind === 'left') return err(clientLeft());
  unreachable(turn.error);
  return transport(request, left);
}

type Turn =
  | { readonly kind: 'answered'; readonly result: Result<null> }
  | { readonly kind: 'left' }
  | { readonly kind: 'unreachable'; readonly error: unknown };

/** What comes first: the pacer's answer, the end of the client, or the end of patience with the pacer. */
async function firstOf(acquired: Promise<Result<null>>, left: AbortSignal): Promise<Turn> {
  const { promise, resolve } = Promise.withResolvers<Turn>();
  const leave = () => resolve({ kind: 'left' });
  const timer = setTimeout(
    () => resolve({ kind: 'unreachable', error: new Error('The pacer does not answer.') }),
    LIMITS.queryWaitMsMax + PACER_MARGIN_MS,
  );
  left.addEventListener('abort', leave);
  if (left.aborted) leave();
  acquired.then(
    (result) => resolve({ kind: 'answered', result }),
    (error: unknown) => resolve({ kind: 'unreachable', error }),
  );
  const turn = await promise;
  clearTimeout(timer);
  left.removeEventListener('abort', leave);
  return turn;
}

const factsOf = (answer: Result<UpstreamAnswer>): AnswerFacts =>
  answer.ok
    ? { status: answer.value.status, retryAfterSeconds: answer.value.retryAfterSeconds }
    : { status: null, retryAfterSeconds: null };

/** Only the log reads it. */
const clientLeft = (): Failure => ({
  ...failureUntil('upstream_busy', 'The client left before its query was answered.', LEFT_SECONDS),
  clientLeft: true,
});
