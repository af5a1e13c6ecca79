/**
 * Requests that were refused, as the operator is shown the last of them. Names and ids of the gateway's own: no secret, no
 * value that was sent, and nothing of a person. Pure.
 */
import type { TokenId } from '../ids.ts';
import { LIMITS } from '../limits.ts';

/** As it is stored and shown. Which request it was, and why it was refused. */
export interface RefusedRequest {
  /** When the request arrived, ISO 8601. */
  readonly refused_at: string;
  readonly token: TokenId;
  readonly request_id: string;
  readonly method: string;
  /** Name of the route; of the operation on the mirror plane. */
  readonly route: string;
  readonly code: string;
  /** The parameter, field or header at fault, where the gateway itself defines it. */
  readonly attr: string | null;
  readonly missing_scopes: readonly string[] | null;
  /** The web origin that the grant does not allow. */
  readonly origin: string | null;
  /** Whose limit is used up: `tenant`, or the id of a token. */
  readonly limit: string | null;
}

/** The last of them, newest first. Of one code only some, so that a flood of one reason does not hide the others. */
export function lastRefused(requests: readonly RefusedRequest[]): readonly RefusedRequest[] {
  const ofCode = new Map<string, number>();
  const kept = requests.toSorted(newestFirst).filter(({ code }) => {
    const count = (ofCode.get(code) ?? 0) + 1;
    ofCode.set(code, count);
    return count <= LIMITS.lastRefusedOfCodeMax;
  });
  return kept.slice(0, LIMITS.lastRefusedMax);
}

const newestFirst = ({ refused_at: one }: RefusedRequest, { refused_at: other }: RefusedRequest): number =>
  one < other ? 1 : one > other ? -1 : 0;
