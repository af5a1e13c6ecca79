/**
 * What PostHog's answer means. Pure: text in, meaning out. Knows three generations' habits: an empty success body, a
 * success body with nothing in it, and a refusal of an action that generation dropped are all normal (contract §1b).
 */
import { failure, isGatewayCode, type Failure } from '../core/failure.ts';
import { isJsonObject, parseJson, type Json, type JsonObject } from '../core/json.ts';
import { rateLimitedFor } from '../core/shield/rate-limited.ts';
import { isDeeperThan } from '../core/strict-json.ts';
import { mayHaveWorked } from './evidence.ts';
import type { Scrub, Scrubs } from './scrub.ts';

export interface ReadAnswer {
  readonly status: number;
  readonly retryAfterSeconds: number | null;
  readonly text: string;
}

export type Interpretation =
  /** PostHog did what was asked; `json` is undefined where the body is empty. */
  | {
      readonly kind: 'success';
      readonly status: number;
      readonly text: string;
      readonly json: Json | undefined;
    }
  /** PostHog refused, and its words are for the client. */
  | { readonly kind: 'refusal'; readonly status: number; readonly body: JsonObject }
  /** PostHog failed, or said nothing a client may see. `status` is null where PostHog never answered. */
  | { readonly kind: 'failure'; readonly status: number | null; readonly failure: Failure };

const SHARED_LIMIT_SECONDS = 60;

/** Levels of nesting. PostHog writes at most 254; `JSON.stringify` has no stack for several thousand. */
const DEPTH_MAX = 1000;

/** The status of a part of an answer. The gateway never asks for a part (RFC 9110 §15.3.7). */
const PARTIAL_CONTENT = 206;

const SCOPE_LACKING = /missing required scope '([a-z_]+:[a-z_]+)'/;

/**
 * PostHog's 403 is about the gateway's key and never about the caller (PostHog contract §4): the caller learns that
 * the gateway is set up wrong, and the log names the scope.
 */
function keyLacks({ detail }: JsonObject): Failure {
  const [, scope] = (typeof detail === 'string' ? SCOPE_LACKING.exec(detail) : null) ?? [];
  const why = "PostHog does not let the gateway's key do this. Contact the operator of this gateway.";
  return scope === undefined
    ? failure('upstream_key_refused', why)
    : { ...failure('upstream_scope_missing', why), upstreamScope: scope };
}

/** Interprets a body that was read whole. Nothing of what PostHog echoes of the key is in what comes out. */
export function interpret(answer: ReadAnswer, scrubs: Scrubs): Interpretation {
  const { status } = answer;
  const refused = interpretStatus(status, answer.retryAfterSeconds);
  if (refused !== null) return { kind: 'failure', status, failure: refused };
  const json = isDeeperThan(DEPTH_MAX, answer.text) ? undefined : parseJson(answer.text);
  if (status >= 300) {
    const body = refusalBody(json, scrubs.words);
    return status === 403
      ? { kind: 'failure', status, failure: keyLacks(body) }
      : { kind: 'refusal', status, body };
  }
  if (json === undefined) {
    return answer.text === ''
      ? { kind: 'success', status, text: '', json }
      : { kind: 'failure', status, failure: invalidReply(status) };
  }
  const text = scrubs.key(answer.text);
  return {
    kind: 'success',
    status,
    text,
    json: text === answer.text ? json : parseJson(text),
  };
}

/** The failure a status alone already decides, or `null` where the body must be read: successes and PostHog's 4xx. */
export function interpretStatus(status: number, retryAfterSeconds: number | null): Failure | null {
  if (status === 401) {
    return failure(
      'upstream_key_refused',
      "PostHog rejected the gateway's key. Contact the operator of this gateway.",
    );
  }
  if (status === 429) {
    return rateLimitedFor(retryAfterSeconds ?? SHARED_LIMIT_SECONDS);
  }
  if (status >= 400 && status < 500 && mayHaveWorked(status)) {
    return failure(
      'upstream_error',
      `PostHog, or a server in front of it, answered ${status}: whether the request was carried out is not known.`,
    );
  }
  if (status >= 500) {
    const failed = failure('upstream_error', `PostHog failed with status ${status}.`);
    return status === 503 && retryAfterSeconds !== null ? { ...failed, retryAfterSeconds } : failed;
  }
  if (status >= 300 && status < 400) {
    return failure(
      'upstream_redirected',
      `PostHog answered ${status} with a redirect. Contact the operator of this gateway: its address of PostHog is wrong.`,
    );
  }
  return status < 200 || status === PARTIAL_CONTENT ? invalidReply(status) : null;
}

const invalidReply = (status: number): Failure =>
  failure('upstream_reply_invalid', `PostHog answered ${status} with a body that is not its API's.`);

/**
 * PostHog's own words, scrubbed, in the four members its clients read. A few of its handlers answer `message` or
 * `error` instead (contract §4): those stay, beside the members that are missing.
 */
function refusalBody(json: Json | undefined, scrub: Scrub): JsonObject {
  const clean = isJsonObject(json) ? parseJson(scrub(JSON.stringify(json))) : undefined;
  const own = isJsonObject(clean) ? clean : {};
  const { type, code, attr } = own;
  const words = [own['detail'], own['error'], own['message']].find(isText);
  return {
    ...own,
    type: isText(type) ? type : 'invalid_request',
    // A code says who refused: one of the gateway's own, said by PostHog, would say the gateway.
    code: isText(code) && !isGatewayCode(code) ? code : 'upstream_refused',
    detail: words ?? 'PostHog refused the request and did not say why.',
    attr: isText(attr) ? attr : null,
  };
}

const isText = (value: Json | undefined): value is string => typeof value === 'string';
