/** What the gateway writes to its console. Names and numbers only: no query values, no tokens, no personal data. */
import { CATALOGUE } from '../catalogue/index.ts';
import { CONTROL_ROUTES } from '../contract/routes.ts';
import type { Failure, FailureCode } from '../core/failure.ts';
import type { RequestId } from '../core/ids.ts';
import { lazily } from '../core/lazily.ts';
import type { RequestLog } from './context.ts';
import type { BodyEnd } from './reply/watch-body.ts';

/**
 * The canonical line: one per request, whatever happened. Operators search the logs by these names, so the names are stable;
 * docs/log.md says what each means. Optional members are left out where there is nothing to say.
 */
export interface LogLine {
  readonly at: string;
  readonly request_id: string;
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly code: FailureCode | BodyEnd | null;
  readonly tenant: string | null;
  readonly token: string | null;
  readonly operator?: string | undefined;
  readonly deletion: string | null;
  readonly attr?: string | undefined;
  readonly missing_scopes?: readonly string[] | undefined;
  readonly origin?: string | undefined;
  readonly limit?: string | undefined;
  readonly alarm?: 'foreign_rows' | undefined;
  readonly foreign_rows?: number | undefined;
  readonly dropped_rows?: number | undefined;
  readonly upstream_status: number | null;
  readonly upstream_scope?: string | undefined;
  readonly upstream_ms: number | null;
  readonly upstream_calls: number;
  readonly remembered?: true | undefined;
  readonly duration_ms: number;
}

/** What is known of a request before anything of it is looked at. */
export const openLog = (requestId: RequestId, startedMs: number, route: string): RequestLog => ({
  requestId,
  startedMs,
  route,
  tenant: null,
  token: null,
  operator: null,
  code: null,
  failure: null,
  upstreamStatus: null,
  upstreamMs: null,
  upstreamCalls: 0,
  remembered: false,
  deletion: null,
  foreignRows: 0,
  droppedRows: 0,
});

type Asked = Pick<Request, 'method' | 'headers'>;

export function logRequest(log: RequestLog, request: Asked, status: number, nowMs: number): void {
  console.log(JSON.stringify(lineOf(log, request, status, nowMs)));
}

export function lineOf(log: RequestLog, request: Asked, status: number, nowMs: number): LogLine {
  const { failure, foreignRows, droppedRows } = log;
  return {
    at: new Date(log.startedMs).toISOString(),
    request_id: log.requestId,
    method: request.method,
    route: log.route,
    status,
    code: log.code,
    tenant: log.tenant,
    token: log.token,
    operator: log.operator ?? undefined,
    deletion: log.deletion,
    ...(failure === null ? {} : whyOf(failure, request)),
    ...(foreignRows > 0 ? { alarm: 'foreign_rows', foreign_rows: foreignRows } : {}),
    dropped_rows: droppedRows > 0 ? droppedRows : undefined,
    upstream_status: log.upstreamStatus,
    upstream_scope: failure?.upstreamScope,
    upstream_ms: log.upstreamMs,
    upstream_calls: log.upstreamCalls,
    remembered: log.remembered ? true : undefined,
    duration_ms: nowMs - log.startedMs,
  };
}

/** Why a request was refused, in names that a client did not make up. */
export const whyOf = (failure: Failure, request: Asked) => ({
  attr: knownMember(failure.attr),
  missing_scopes: failure.missingScopes,
  origin: failure.code === 'origin_not_allowed' ? refusedOrigin(request) : undefined,
  limit: failure.limit,
});

/** Takes down why a request is refused. */
export function noteFailure(log: RequestLog, failure: Failure): void {
  log.code = failure.clientLeft === true ? 'client_left' : failure.code;
  log.failure = failure;
}

const OTHER_MEMBERS = 'project_id id tenant format columns Origin Host If-Match Idempotency-Key'.split(' ');

/** Every member that a refusal can name and that the gateway itself defines. */
const knownMembers = lazily(
  (): ReadonlySet<string> =>
    new Set([
      ...CATALOGUE.flatMap(({ input }) => Object.keys(input.shape)),
      ...Object.values(CONTROL_ROUTES).flatMap(({ query, body }) =>
        Object.keys({ ...query().shape, ...body().shape }),
      ),
      ...OTHER_MEMBERS,
    ]),
);

/** The outermost member at fault. Names that a client made up may hold anything, so they are not shown. */
function knownMember(attr: string | null): string | undefined {
  if (attr === null) return undefined;
  const [member = ''] = attr.split(/[.[]/, 1);
  return knownMembers().has(member) ? member : undefined;
}

const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9._:[\]-]+$/i;
const ORIGIN_CHARS_LOGGED = 200;

function refusedOrigin({ headers }: Asked): string {
  const origin = headers.get('origin') ?? '';
  return origin === 'null' || (ORIGIN.test(origin) && origin.length <= ORIGIN_CHARS_LOGGED)
    ? origin
    : 'malformed';
}

/**
 * Logs a defect of the gateway: the kind of the error and the place in the code. The line leaves out the error's message,
 * because the message may quote what a client sent.
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

/** What was counted of the use of tokens did not reach a tenant's object. */
export function logUsageLost(error: unknown): void {
  console.error(JSON.stringify({ usage_lost: error instanceof Error ? error.name : typeof error }));
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
