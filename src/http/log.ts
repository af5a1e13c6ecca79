import type { Failure } from '../core/failure.ts';
import type { RequestLog } from './context.ts';

/**
 * The canonical line: one per request, whatever happened. Names and numbers only; no query values, no tokens, no
 * personal data. Field names are a contract with whoever searches the logs.
 */
export function logRequest(log: RequestLog, method: string, status: number, nowMs: number): void {
  console.log(
    JSON.stringify({
      at: new Date(log.startedMs).toISOString(),
      request_id: log.requestId,
      method,
      route: log.route,
      status,
      code: log.code,
      tenant: log.tenant,
      token: log.token,
      deletion: log.deletion,
      ...(log.foreignRows > 0 ? { alarm: 'foreign_rows', foreign_rows: log.foreignRows } : {}),
      ...(log.unreadableRows > 0 ? { unreadable_rows: log.unreadableRows } : {}),
      upstream_status: log.upstreamStatus,
      upstream_ms: log.upstreamMs,
      upstream_calls: log.upstreamCalls,
      duration_ms: nowMs - log.startedMs,
    }),
  );
}

/**
 * A defect of ours, for whoever has to mend it: the kind of error and where it came from. Messages stay out, because
 * they may quote what a client sent.
 */
export function logDefect(log: RequestLog, error: unknown): void {
  const kind = error instanceof Error ? error.name : typeof error;
  const frames =
    error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)) : [];
  console.error(
    JSON.stringify({ request_id: log.requestId, route: log.route, defect: kind, at: frames.slice(0, 8) }),
  );
}

/** What keeps the gateway from serving anything. Names variables, never values. */
export function logMisconfiguration(problems: readonly string[]): void {
  console.error(`hedgerow serves nothing until this is set right: ${problems.join('; ')}`);
}

/** A failure of one of our own objects, by name. */
export function logObjectFailure(log: RequestLog, error: unknown, failure: Failure): void {
  const kind = error instanceof Error ? error.name : typeof error;
  console.error(
    JSON.stringify({
      request_id: log.requestId,
      route: log.route,
      object_failed: kind,
      code: failure.code,
    }),
  );
}
