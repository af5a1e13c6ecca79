import type { Reply } from './message.ts';

/** A refusal in the middle of a handler; the reply it carries is what the caller gets. */
export class Refusal extends Error {
  readonly reply: Reply;

  constructor(reply: Reply) {
    super(`refused with ${String(reply.status)}`);
    this.name = 'Refusal';
    this.reply = reply;
  }
}

/** The uniform error body (PostHog contract §4). */
export function problem(
  status: number,
  type: string,
  code: string,
  detail: string,
  attr: string | null = null,
  headers: Record<string, string> = {},
): Refusal {
  return new Refusal({ status, data: { type, code, detail, attr }, headers });
}

const CHALLENGE = { 'www-authenticate': 'Bearer realm="api"' };

/** 401 without any credentials. */
export function notAuthenticated(): Refusal {
  const detail = 'Authentication credentials were not provided.';
  return problem(401, 'authentication_error', 'not_authenticated', detail, null, CHALLENGE);
}

/** 401 for credentials that were found and are wrong. */
export function authenticationFailed(detail: string): Refusal {
  return problem(401, 'authentication_error', 'authentication_failed', detail, null, CHALLENGE);
}

/** 403; PostHog files it under authentication_error. */
export function denied(detail: string): Refusal {
  return problem(403, 'authentication_error', 'permission_denied', detail);
}

/** 404 in the words of whatever was not found. */
export function notFound(detail = 'Not found.'): Refusal {
  return problem(404, 'invalid_request', 'not_found', detail);
}

/** 405. */
export function methodNotAllowed(detail: string): Refusal {
  return problem(405, 'invalid_request', 'method_not_allowed', detail);
}

/** 400 for a value upstream looked at and did not like. */
export function invalid(detail: string, attr: string | null = null): Refusal {
  return problem(400, 'validation_error', 'invalid_input', detail, attr);
}

/** 400 with `code` and `detail` the wrong way round, as PATCH and update_property really answer (PostHog contract §4). */
export function requiredSwapped(attr: string): Refusal {
  return new Refusal({
    status: 400,
    data: { attr, code: 'This field is required.', detail: 'required', type: 'validation_error' },
  });
}

/** 400 in the `{message, detail}` shape of the oldest views (PostHog contract §4). */
export function plain(message: string, detail: string): Refusal {
  return new Refusal({ status: 400, data: { message, detail } });
}

/** What an unhandled exception upstream looks like. */
export function serverError(): Refusal {
  return problem(500, 'server_error', 'error', 'A server error occurred.');
}

/** 503 for a single person that could not be deleted, in generation C. */
export function deletionFailed(): Refusal {
  const detail = 'The person could not be deleted. Please try again.';
  return problem(503, 'server_error', 'person_deletion_failed', detail);
}

/** 429 with the wait in whole seconds, rounded up, in both places PostHog puts it. */
export function throttled(seconds: number): Refusal {
  const detail = `Request was throttled. Expected available in ${String(seconds)} second${seconds === 1 ? '' : 's'}.`;
  return problem(429, 'throttled_error', 'throttled', detail, null, { 'retry-after': String(seconds) });
}

const BY_STATUS: Readonly<Record<number, readonly [string, string, string]>> = {
  400: ['validation_error', 'invalid_input', 'The request is invalid.'],
  401: ['authentication_error', 'authentication_failed', 'Incorrect authentication credentials.'],
  403: ['authentication_error', 'permission_denied', 'You do not have permission to perform this action.'],
  404: ['invalid_request', 'not_found', 'Not found.'],
  405: ['invalid_request', 'method_not_allowed', 'Method not allowed.'],
  415: ['invalid_request', 'unsupported_media_type', 'Unsupported media type in request.'],
};

/** PostHog's error body for a status chosen from outside, as the faults of the control plane need it. */
export function problemFor(status: number, retryAfterSeconds: number): Refusal {
  if (status === 429) return throttled(retryAfterSeconds);
  const [type, code, detail] = BY_STATUS[status] ?? ['server_error', 'error', 'A server error occurred.'];
  return problem(status, type, code, detail);
}
