import type { Failure } from '../core/failure.ts';
import type { Trace } from './exchange.ts';

/**
 * The canonical line: one per request, whatever happened. Names and numbers only; no query values, no tokens, no
 * personal data. Field names are a contract with whoever searches the logs.
 */
export function writeRecord(trace: Trace, method: string, status: number, nowMs: number): void {
  console.log(
    JSON.stringify({
      at: new Date(trace.startedMs).toISOString(),
      request_id: trace.requestId,
      method,
      route: trace.route,
      status,
      code: trace.code,
      tenant: trace.tenant,
      token: trace.token,
      deletion: trace.deletion,
      ...(trace.foreignRows > 0 ? { alarm: 'foreign_rows', foreign_rows: trace.foreignRows } : {}),
      upstream_status: trace.upstreamStatus,
      upstream_ms: trace.upstreamMs,
      duration_ms: nowMs - trace.startedMs,
    }),
  );
}

/**
 * A defect of ours, for whoever has to mend it: the kind of error and where it came from. Messages stay out, because
 * they may quote what a client sent.
 */
export function writeDefect(trace: Trace, error: unknown): void {
  const kind = error instanceof Error ? error.name : typeof error;
  const frames =
    error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)) : [];
  console.error(
    JSON.stringify({ request_id: trace.requestId, route: trace.route, defect: kind, at: frames.slice(0, 8) }),
  );
}

/** What keeps the gateway from serving anything. Names variables, never values. */
export function writeMisconfiguration(problems: readonly string[]): void {
  console.error(`hedgerow serves nothing until this is set right: ${problems.join('; ')}`);
}

/** A failure of one of our own objects, by name. */
export function writeObjectFailure(trace: Trace, error: unknown, failure: Failure): void {
  const kind = error instanceof Error ? error.name : typeof error;
  console.error(
    JSON.stringify({
      request_id: trace.requestId,
      route: trace.route,
      object_failed: kind,
      code: failure.code,
    }),
  );
}
