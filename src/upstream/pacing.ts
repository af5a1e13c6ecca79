/**
 * Paces what PostHog is asked. A call for a tenant needs a permit of the tenant's share, a query also a place among the
 * queries of its project; deletes and their look-ups do not wait, and are counted (PostHog contract §9).
 */
import { failureUntil, type Failure } from '../core/failure.ts';
import type { ProjectId } from '../core/ids.ts';
import { LIMITS } from '../core/limits.ts';
import { err, type Result } from '../core/result.ts';
import type {
  Payer,
  PermitLease,
  QuotaKind,
  ReservedCalls,
  ShareAsk,
} from '../core/shield/upstream-share.ts';
import { CallCounter } from './call-counter.ts';
import type { QueryRequest, UpstreamRequest } from './request.ts';
import { EmergencyShare } from './share/emergency.ts';
import { firstOf } from './share/first-of.ts';
import { kindOf } from './share/kind.ts';
import type { LeaseBook } from './share/lease-book.ts';
import type { Transport, UpstreamAnswer } from './transport.ts';

/** A query that wants to be sent. */
export interface PermitAsk {
  /** Names the permit; no other query has the same. */
  readonly id: string;
  /** Milliseconds after which the query has ended, or its caller is gone. */
  readonly holdMs: number;
  /** What it takes of its tenant's share; null for a query of the reserved part. */
  readonly share: Omit<ShareAsk, 'id'> | null;
}

/** How PostHog answered. */
export interface AnswerFacts {
  /** `null`: it did not. */
  readonly status: number | null;
  readonly retryAfterSeconds: number | null;
}

/** Who gives permits for one project. It may be out of reach: then a few calls are made without one. */
export interface Pacer {
  /** Waits for permits of a tenant's share. Fails with `upstream_share_exhausted` or `upstream_rate_limited`. */
  readonly share: (ask: ShareAsk) => Promise<Result<PermitLease>>;
  /** The same for a query, which also waits for its place. Fails with `upstream_busy`, too. */
  readonly acquire: (ask: PermitAsk) => Promise<Result<null>>;
  /** The query of the permit was answered. */
  readonly release: (id: string, answer: AnswerFacts) => Promise<void>;
  /** The caller has left. */
  readonly cancel: (id: string) => Promise<void>;
  /** Calls of the reserved part since the last report, and how the newest call of this kind was answered. */
  readonly report: (calls: ReservedCalls, newest: AnswerFacts, kind: QuotaKind) => Promise<void>;
}

/** The request that calls are made for. */
export interface Invocation {
  /** Aborts when the client is gone. */
  readonly left: AbortSignal;
  /** Lets work go on after the answer went out. */
  readonly waitUntil: (work: Promise<unknown>) => void;
  /** Whose share a call is taken from. */
  readonly payer: () => Payer;
}

export interface PacingOptions {
  readonly pacerOf: (projectId: ProjectId) => Pacer;
  /** The permits of this isolate. */
  readonly leases: LeaseBook;
  /** The longest time between a query and the head of its answer. */
  readonly slowTimeoutMs: number;
  readonly newId: () => string;
  readonly nowMs: () => number;
  /** Told when a pacer cannot be reached. */
  readonly unreachable: (error: unknown) => void;
}

/** Puts a pace on a transport, for one request of a client. */
export type Pacing = (transport: Transport, invocation: Invocation) => Transport;

/** What all calls of an isolate are paced with. */
interface Pace extends PacingOptions {
  readonly counter: CallCounter;
  readonly emergency: EmergencyShare;
}

type TenantPayer = Extract<Payer, { kind: 'tenant' }>;

/** A permit outlives the deadline of its query by this, so that the end of the query is told first. */
const HOLD_MARGIN_MS = 5000;
/** A pacer that says nothing for this much longer than a call may wait is taken for unreachable. */
const PACER_MARGIN_MS = 2000;
const LEFT_SECONDS = 1;

/** One pacing for all requests of an isolate: they share its permits. */
export function pacing(options: PacingOptions): Pacing {
  const pace = {
    ...options,
    counter: new CallCounter(options.nowMs),
    emergency: new EmergencyShare(options.nowMs),
  };
  return (transport, invocation) => (request) => {
    const payer = invocation.payer();
    if (request.resource === 'query') return askInTurn(transport, invocation, request, payer, pace);
    return payer.kind === 'tenant'
      ? askShared(transport, invocation, request, payer, pace)
      : askCounted(transport, invocation, request, pace);
  };
}

/** A call of the reserved part: sent at once, and told afterwards. */
async function askCounted(
  transport: Transport,
  { waitUntil }: Invocation,
  request: UpstreamRequest,
  { pacerOf, unreachable, counter }: Pace,
): Promise<Result<UpstreamAnswer>> {
  const { projectId } = request;
  const kind = kindOf(request);
  const answer = await transport(request);
  const facts = factsOf(answer);
  const refused = facts.status === 429;
  if (!refused) counter.add(projectId, kind);
  if (refused || counter.isWorthTelling(projectId)) {
    waitUntil(pacerOf(projectId).report(counter.take(projectId), facts, kind).catch(unreachable));
  }
  return answer;
}

/** A call for a tenant: sent with a permit that is there, or once the shield has given one. */
async function askShared(
  transport: Transport,
  invocation: Invocation,
  request: UpstreamRequest,
  payer: TenantPayer,
  pace: Pace,
): Promise<Result<UpstreamAnswer>> {
  const { projectId } = request;
  if (!pace.leases.take(projectId, payer)) {
    const refusal = await waitForShare(invocation, projectId, payer, pace);
    if (refusal !== null) return err(refusal);
  }
  const answer = await transport(request);
  const facts = factsOf(answer);
  if (facts.status === 429) {
    pace.leases.endAll(projectId);
    const told = pace.pacerOf(projectId).report(pace.counter.take(projectId), facts, kindOf(request));
    invocation.waitUntil(told.catch(pace.unreachable));
  }
  return answer;
}

/** Null where the call may be sent. */
async function waitForShare(
  { left, waitUntil }: Invocation,
  projectId: ProjectId,
  payer: TenantPayer,
  { pacerOf, leases, emergency, unreachable }: Pace,
): Promise<Failure | null> {
  const pacer = pacerOf(projectId);
  const pending = leases.ask(projectId, payer);
  const turn = await firstOf(pacer.share(pending.ask), left, LIMITS.shareWaitMsMax + PACER_MARGIN_MS);
  if (turn.kind === 'answered') {
    const { result } = turn;
    leases.settle(projectId, payer, pending, result.ok ? result.value : null, 1);
    return result.ok ? null : result.failure;
  }
  leases.settle(projectId, payer, pending, null, 0);
  waitUntil(pacer.cancel(pending.ask.id).catch(unreachable));
  if (turn.kind === 'left') return clientLeft('upstream_share_exhausted');
  unreachable(turn.error);
  return emergency.take(projectId);
}

/** A query: sent in its turn, whichever tenant pays. */
async function askInTurn(
  transport: Transport,
  { left, waitUntil }: Invocation,
  request: QueryRequest,
  payer: Payer,
  { pacerOf, leases, slowTimeoutMs, newId, unreachable, emergency }: Pace,
): Promise<Result<UpstreamAnswer>> {
  const { projectId } = request;
  const pacer = pacerOf(projectId);
  const id = newId();
  const share = payer.kind === 'tenant' ? leases.askForOne(projectId, payer) : null;
  const acquired = pacer.acquire({ id, holdMs: slowTimeoutMs + HOLD_MARGIN_MS, share });
  const patienceMs = LIMITS.shareWaitMsMax + LIMITS.queryWaitMsMax + PACER_MARGIN_MS;
  const turn = await firstOf(acquired, left, patienceMs);
  if (turn.kind === 'answered') {
    if (!turn.result.ok) return turn.result;
    const answer = await transport(request, left);
    if (factsOf(answer).status === 429) leases.endAll(projectId);
    waitUntil(pacer.release(id, factsOf(answer)).catch(unreachable));
    return answer.ok || !left.aborted ? answer : err(clientLeft('upstream_busy'));
  }
  waitUntil(pacer.cancel(id).catch(unreachable));
  if (turn.kind === 'left') return err(clientLeft('upstream_busy'));
  unreachable(turn.error);
  const refusal = emergency.take(projectId);
  return refusal === null ? transport(request, left) : err(refusal);
}

const factsOf = (answer: Result<UpstreamAnswer>): AnswerFacts =>
  answer.ok
    ? { status: answer.value.status, retryAfterSeconds: answer.value.retryAfterSeconds }
    : { status: null, retryAfterSeconds: null };

/** Only the log reads it. */
const clientLeft = (code: 'upstream_busy' | 'upstream_share_exhausted'): Failure => ({
  ...failureUntil(code, 'The client left before its call was answered.', LEFT_SECONDS),
  clientLeft: true,
});
