/** Every refusal and failure that the gateway answers, as one class. */
import { membersIn, membersOf, textOf } from './members.ts';

/** The code where an answer is no problem document: something in front of the gateway has answered. */
const NO_PROBLEM = 'not_a_problem';

interface Details {
  readonly status: number | null;
  readonly code: string;
  readonly detail: string;
  readonly attr: string | null;
  readonly requestId: string | null;
  readonly retryAfterSeconds: number | null;
}

export class HedgerowError extends Error {
  override readonly name = 'HedgerowError';
  /** The HTTP status; null where the reason came in a stream of events. */
  readonly status: number | null;
  /** Which refusal it is. The README has the list; `not_a_problem` is an answer that is none of the gateway's. */
  readonly code: string;
  /** The parameter or field that it is about. */
  readonly attr: string | null;
  /** What to give the operator, to find the line of the log. */
  readonly requestId: string | null;
  /** Seconds after which to ask again, where the gateway said so. */
  readonly retryAfterSeconds: number | null;

  constructor({ status, code, detail, attr, requestId, retryAfterSeconds }: Details) {
    super(detail);
    this.status = status;
    this.code = code;
    this.attr = attr;
    this.requestId = requestId;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Reads an answer that is no success. `nowMs` is for a `Retry-After` that is a date. */
export async function errorOf(response: Response, nowMs: number): Promise<HedgerowError> {
  const { status, headers } = response;
  const problem = membersIn(await response.text());
  const code = textOf(problem['code']);
  return new HedgerowError({
    status,
    code: code ?? NO_PROBLEM,
    detail: textOf(problem['detail']) ?? noProblem(status),
    attr: textOf(problem['attr']),
    requestId: textOf(problem['request_id']) ?? headers.get('x-request-id'),
    retryAfterSeconds: secondsUntil(headers.get('retry-after'), nowMs),
  });
}

/** Browsers call a redirect that is not followed 0. */
const isRedirect = (status: number): boolean => status === 0 || (status > 300 && status < 400);

const noProblem = (status: number): string =>
  isRedirect(status)
    ? 'The address is redirected elsewhere, which is not followed. Give the address of the gateway itself.'
    : `An answer of ${status} that is no problem document.`;

/** A `problem` of a stream of events, which has no status. */
export function errorOfEvent(data: unknown): HedgerowError {
  const { code, detail } = membersOf(data);
  return new HedgerowError({
    status: null,
    code: textOf(code) ?? NO_PROBLEM,
    detail: textOf(detail) ?? 'The stream of events ended.',
    attr: null,
    requestId: null,
    retryAfterSeconds: null,
  });
}

/** RFC 9110: seconds, or a date. */
function secondsUntil(text: string | null, nowMs: number): number | null {
  if (text === null) return null;
  if (/^\d+$/.test(text)) return Number(text);
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - nowMs) / 1000));
}
