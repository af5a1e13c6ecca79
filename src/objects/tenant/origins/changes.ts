/** What a tenant's own web origins are, and how a change makes others of them. Pure. Times are milliseconds since 1970. */
import type { OwnOrigins as OwnOriginsReply } from '../../../contract/origins/origins.ts';
import type { Actor, RegistrationId, TokenId } from '../../../core/ids.ts';
import type { Failure } from '../../../core/failure.ts';
import {
  checkDevelopment,
  checkOwnOrigins,
  developmentEnd,
  ownOriginsAllowed,
  type OwnOriginRules,
  type OwnOrigins,
} from '../../../policy/origins/own.ts';

export interface AddedOrigin {
  readonly origin: string;
  /** ISO 8601. */
  readonly added_at: string;
  readonly added_by: TokenId;
}

export interface StoredOrigins {
  readonly added: readonly AddedOrigin[];
  readonly developmentUntilMs: number | null;
  /** Grows with every change. */
  readonly revision: number;
}

export const NO_ORIGINS: StoredOrigins = { added: [], developmentUntilMs: null, revision: 0 };

/** What is asked for: all of the list, or that the development mode lasts so long from now; 0 ends it. */
export type OriginsOrder =
  | { readonly kind: 'list'; readonly origins: readonly string[] }
  | { readonly kind: 'development'; readonly seconds: number };

/** Whose request it is. */
export interface OriginsAsker {
  readonly registration: RegistrationId;
  /** The token and those it was derived from, the oldest first. */
  readonly chain: readonly TokenId[];
  readonly actor: Actor | null;
  readonly requestId: string;
}

export const ownOriginsOf = ({ added, developmentUntilMs }: StoredOrigins): OwnOrigins => ({
  origins: added.map(({ origin }) => origin),
  developmentUntilMs,
});

/** Refuses what the record does not allow. Ending the development mode is always allowed. */
export function checkOrder(rules: OwnOriginRules, order: OriginsOrder): Failure | null {
  if (order.kind === 'list') return checkOwnOrigins(rules, order.origins);
  return order.seconds === 0 ? null : checkDevelopment(rules);
}

/** What stands then; one that was there already keeps the token that added it. */
export function changedOrigins(
  before: StoredOrigins,
  order: OriginsOrder,
  by: TokenId,
  nowMs: number,
): StoredOrigins {
  if (order.kind === 'development') {
    const developmentUntilMs = order.seconds === 0 ? null : nowMs + order.seconds * 1000;
    return { ...before, developmentUntilMs };
  }
  const known = new Map(before.added.map((one) => [one.origin, one]));
  const added_at = new Date(nowMs).toISOString();
  const added = order.origins.map((origin) => known.get(origin) ?? { origin, added_at, added_by: by });
  return { ...before, added };
}

/** The origins that a change added and removed; null where the two states are the same. */
export function differenceOf(before: StoredOrigins, after: StoredOrigins) {
  const [old, now] = [ownOriginsOf(before), ownOriginsOf(after)];
  const [added, removed] = [without(now.origins, old.origins), without(old.origins, now.origins)];
  const isSame = old.origins.join(' ') === now.origins.join(' ');
  return isSame && old.developmentUntilMs === now.developmentUntilMs ? null : { added, removed };
}

const without = (some: readonly string[], others: readonly string[]): readonly string[] =>
  some.filter((one) => !others.includes(one));

/** What the gateway says of them. */
export function originsView(rules: OwnOriginRules, stored: StoredOrigins, nowMs: number): OwnOriginsReply {
  const own = ownOriginsOf(stored);
  const allowed = ownOriginsAllowed(rules, own.origins);
  const untilMs = developmentEnd(rules, own, nowMs);
  return {
    rules,
    origins: stored.added.map((one) => ({ ...one, in_force: allowed.includes(one.origin) })),
    development_until: untilMs === null ? null : new Date(untilMs).toISOString(),
  };
}
