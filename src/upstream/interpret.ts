/**
 * What PostHog's answer means. Pure: text in, meaning out. Knows three generations' habits: an empty success body, a
 * success body with nothing in it, and a refusal of an action that generation dropped are all normal (contract §1b).
 */
import { failure, failureUntil, type Failure } from '../core/failure.ts';
import { isJsonObject, parseJson, type Json, type JsonObject } from '../core/json.ts';
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
  /** PostHog failed, or said nothing a client may see. */
  | { readonly kind: 'failure'; readonly failure: Failure };

const SHARED_LIMIT_SECONDS = 60;
/** JSON's other ways to write a character that keys are made of. */
const SPELLING = /\\(?:u00|\/)/;

/** Interprets a body that was read whole. Nothing of what PostHog echoes of the key is in what comes out. */
export function interpret(answer: ReadAnswer, scrubs: Scrubs): Interpretation {
  const refused = interpretStatus(answer.status, answer.retryAfterSeconds);
  if (refused !== null) return { kind: 'failure', failure: refused };
  const json = parseJson(answer.text);
  if (answer.status >= 300)
    return { kind: 'refusal', status: answer.status, body: refusalBody(json, scrubs.words) };
  if (json === undefined) {
    return answer.text === ''
      ? { kind: 'success', status: answer.status, text: '', json }
      : { kind: 'failure', failure: invalidReply(answer.status) };
  }
  const text = cleaned(answer.text, json, scrubs.key);
  return {
    kind: 'success',
    status: answer.status,
    text,
    json: text === answer.text ? json : parseJson(text),
  };
}

/** Scrubs a text as it stands and, where it has escapes that could spell the key, as it reads. */
function cleaned(text: string, json: Json, scrub: Scrub): string {
  const clean = scrub(text);
  if (!SPELLING.test(clean)) return clean;
  const read = JSON.stringify(json);
  const scrubbed = scrub(read);
  return scrubbed === read ? clean : scrubbed;
}

/** The failure a status alone already decides, or `null` where the body must be read: successes and PostHog's 4xx. */
export function interpretStatus(status: number, retryAfterSeconds: number | null): Failure | null {
  if (status === 401) {
    return failure(
      'upstream_key_refused',
      "PostHog does not accept the gateway's key. Its operator has to look.",
    );
  }
  if (status === 429) {
    const seconds = retryAfterSeconds ?? SHARED_LIMIT_SECONDS;
    return failureUntil(
      'upstream_rate_limited',
      `PostHog's own rate limit, which all tenants share, is used up. Try again in ${seconds} s.`,
      seconds,
    );
  }
  if (status >= 500) return failure('upstream_error', `PostHog failed with status ${status}.`);
  if (status >= 300 && status < 400) {
    return failure(
      'upstream_redirected',
      `PostHog answered ${status} with a redirect. Its operator has to look.`,
    );
  }
  return status < 200 ? invalidReply(status) : null;
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
  const words = [own['detail'], own['error'], own['message']].find((text) => typeof text === 'string');
  return {
    type: 'invalid_request',
    code: 'upstream_refused',
    attr: null,
    ...own,
    detail: words ?? 'PostHog refused the request and did not say why.',
  };
}
