/**
 * Every way a request can be refused, in one list. The codes are promises to clients; titles and details may change.
 * `type` keeps to the words PostHog's own errors use (PostHog contract §4), so a client of PostHog understands ours.
 */
export type FailureType =
  | 'authentication_error'
  | 'validation_error'
  | 'invalid_request'
  | 'throttled_error'
  | 'server_error';

interface FailureKind {
  readonly status: number;
  readonly type: FailureType;
  readonly title: string;
}

const unauthenticated = (title: string) => ({ status: 401, type: 'authentication_error', title }) as const;
const forbidden = (title: string) => ({ status: 403, type: 'authentication_error', title }) as const;
const invalid = (title: string) => ({ status: 400, type: 'validation_error', title }) as const;

export const FAILURES = {
  // Who is asking (401): each carries a WWW-Authenticate challenge, RFC 6750 §3.
  token_missing: unauthenticated('No token was sent'),
  token_malformed: unauthenticated('The Authorization header does not hold one bearer token of this gateway'),
  token_signature_invalid: unauthenticated('The token was not issued by this gateway'),
  token_key_retired: unauthenticated('The key the token was signed with is no longer in use'),
  token_expired: unauthenticated('The token has expired'),
  token_not_yet_valid: unauthenticated('The token is not valid yet'),
  token_revoked: unauthenticated('The token has been revoked'),
  token_parent_revoked: unauthenticated('A token this one was derived from has been revoked'),
  tenant_unknown: unauthenticated('The tenant of this token is no longer registered'),
  admin_token_missing: unauthenticated('No admin token was sent'),
  admin_token_invalid: unauthenticated('The admin token is wrong'),

  // What they may do (403).
  role_missing: forbidden('The operator has a role that does not include this'),
  approver_not_independent: forbidden('The operator stands behind the deletion that is to be approved'),
  tenant_suspended: forbidden('The tenant is suspended'),
  scope_missing: forbidden('The token lacks a scope'),
  project_not_granted: forbidden('The token is for another project'),
  origin_not_allowed: forbidden('This web origin is not in the grant'),
  own_origins_not_granted: forbidden('The operator does not allow the tenant this origin of its own'),
  deletion_exceeds_budget: forbidden('The deletion names more persons than its budget has in a whole day'),
  delete_flag_not_granted: forbidden('The grant does not allow deleting events or recordings along'),
  deletion_preview_required: forbidden('A deletion of this size has to be previewed and confirmed'),
  not_sliceable: forbidden('This operation cannot be narrowed to the slice of this grant'),
  property_hidden: forbidden('The grant hides what this call asks about'),
  project_not_current: forbidden("PostHog would answer for the project its key's owner has open"),
  token_replaced: forbidden('The token has a successor already'),
  derivation_too_deep: forbidden('The token is too far from the minted one to derive from'),

  // What they sent.
  path_invalid: {
    status: 400,
    type: 'invalid_request',
    title: 'The path holds characters that no route has',
  },
  host_invalid: { status: 400, type: 'invalid_request', title: 'The Host header is not one host' },
  // PostHog's own answer for a person it does not have (PostHog contract §4), and for a person outside the slice too.
  not_found: { status: 404, type: 'invalid_request', title: 'PostHog refused the request' },
  path_unknown: { status: 404, type: 'invalid_request', title: 'The gateway has no such path' },
  record_unknown: { status: 404, type: 'invalid_request', title: 'The gateway has no such record' },
  method_unknown: { status: 405, type: 'invalid_request', title: 'The path does not take this method' },
  parameter_unknown: invalid('A parameter is not known here'),
  parameter_repeated: invalid('A parameter was sent more than once'),
  parameter_invalid: invalid('A parameter does not fit'),
  field_unknown: invalid('A body field is not known here'),
  field_invalid: invalid('A body field does not fit'),
  input_conflict: invalid('The same thing was said in two places'),
  grant_exceeds_parent: invalid('A grant can only be narrower than its parent'),
  slice_lookup_too_large: invalid('Too many persons would have to be looked up one by one'),
  generation_lacks: invalid('The PostHog behind this gateway does not know this'),
  body_invalid: { status: 400, type: 'invalid_request', title: 'The body is not the JSON it should be' },
  body_incomplete: { status: 400, type: 'invalid_request', title: 'The body did not arrive whole' },
  body_timeout: { status: 400, type: 'invalid_request', title: 'The body took too long to arrive' },
  body_too_large: { status: 413, type: 'invalid_request', title: 'The body is too large' },
  deletion_state_conflict: {
    status: 409,
    type: 'invalid_request',
    title: 'The deletion is in a state that does not allow this',
  },
  deletion_preview_changed: {
    status: 409,
    type: 'invalid_request',
    title: 'The persons of the deletion are not those that were previewed',
  },
  operation_removed: {
    status: 410,
    type: 'invalid_request',
    title: 'PostHog has removed this operation',
  },
  precondition_failed: {
    status: 412,
    type: 'invalid_request',
    title: 'The record has changed since it was read',
  },
  content_type_unsupported: { status: 415, type: 'invalid_request', title: 'Only JSON bodies are read' },
  idempotency_key_reused: {
    status: 422,
    type: 'invalid_request',
    title: 'The idempotency key was used with another request',
  },

  // How much (429): the caller's own limits, never PostHog's.
  rate_limited: { status: 429, type: 'throttled_error', title: 'Your own request rate is used up' },
  admin_rate_limited: {
    status: 429,
    type: 'throttled_error',
    title: 'Too many wrong admin tokens were sent',
  },
  deletion_budget_exhausted: {
    status: 429,
    type: 'throttled_error',
    title: 'Your own deletion budget is used up',
  },

  // PostHog (502 and 503): never the caller's doing.
  upstream_rate_limited: {
    status: 503,
    type: 'throttled_error',
    title: "PostHog's rate limit, shared by everyone, is used up",
  },
  upstream_share_exhausted: {
    status: 503,
    type: 'throttled_error',
    title: "The tenant's share of PostHog's rate limit is used up",
  },
  upstream_busy: {
    status: 503,
    type: 'throttled_error',
    title: 'Too many queries are waiting for PostHog',
  },
  upstream_too_expensive: {
    status: 503,
    type: 'throttled_error',
    title: 'The query is more than PostHog computes at once',
  },
  upstream_unreachable: { status: 503, type: 'server_error', title: 'PostHog did not answer' },
  upstream_timeout: { status: 503, type: 'server_error', title: 'PostHog did not answer in time' },
  upstream_error: { status: 502, type: 'server_error', title: 'PostHog failed' },
  upstream_key_refused: {
    status: 502,
    type: 'server_error',
    title: "PostHog does not accept the gateway's key",
  },
  upstream_scope_missing: {
    status: 502,
    type: 'server_error',
    title: "The gateway's key lacks a scope that PostHog asks for",
  },
  upstream_redirected: {
    status: 502,
    type: 'server_error',
    title: 'PostHog answered with a redirect, which is never followed',
  },
  upstream_reply_invalid: {
    status: 502,
    type: 'server_error',
    title: 'PostHog answered something that is not its API',
  },
  upstream_reply_too_large: {
    status: 502,
    type: 'server_error',
    title: "PostHog's answer is larger than the gateway reads",
  },

  // Us.
  not_configured: { status: 503, type: 'server_error', title: 'The gateway is not configured' },
  deletion_unconfirmed: { status: 503, type: 'server_error', title: 'The deletion log did not answer' },
  state_unavailable: { status: 503, type: 'server_error', title: "The tenant's record cannot be reached" },
  internal_error: { status: 500, type: 'server_error', title: 'The gateway failed' },
} as const satisfies Record<string, FailureKind>;

export type FailureCode = keyof typeof FAILURES;

/** True for a code of the list, except the one that the gateway shares with PostHog on purpose. */
export const isGatewayCode = (code: string): boolean => Object.hasOwn(FAILURES, code) && code !== 'not_found';

/** A refusal: what was wrong, where, and what would be right. Holds nothing a stranger may not see. */
export interface Failure {
  readonly code: FailureCode;
  /** For the person who reads it. Never secrets, upstream hosts or other people's data. */
  readonly detail: string;
  /** The parameter, field or header that was wrong, as the client wrote it. */
  readonly attr: string | null;
  /** Whole seconds after which trying again makes sense. Sent on 429 and 503. */
  readonly retryAfterSeconds?: number;
  /** The scopes that would have been enough. Sent in the challenge of a 403, RFC 6750 §3.1. */
  readonly scopes?: readonly string[];
  /** The scopes that the token lacks. For the log only. */
  readonly missingScopes?: readonly string[];
  /** Whose limit is used up: the tenant's, or that of the token of this id. For the log only. */
  readonly limit?: string;
  /** The scope that PostHog asked of the gateway's key. For the log only. */
  readonly upstreamScope?: string;
  /** The client closed the connection, which ended the call. For the log only. */
  readonly clientLeft?: true;
  /** The methods the path takes. Sent on 405. */
  readonly allow?: readonly string[];
}

/** Builds a failure; `attr` names what was wrong, where something was. */
export function failure(code: FailureCode, detail: string, attr: string | null = null): Failure {
  return { code, detail, attr };
}

/** A failure that says when to come back. */
export function failureUntil(code: FailureCode, detail: string, retryAfterSeconds: number): Failure {
  return { code, detail, attr: null, retryAfterSeconds };
}
