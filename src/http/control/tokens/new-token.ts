/** The arithmetic of a new token: how long it lives, and what it says. Pure. */
import type { Ancestor, Principal } from '../../../authn/token.ts';
import type { TokenRequest } from '../../../contract/token.ts';
import { failure } from '../../../core/failure.ts';
import type { Actor, ProjectId, RegistrationId, TenantId, TokenId } from '../../../core/ids.ts';
import type { OperatorName } from '../../../core/operators.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import type { Grant, Narrowing } from '../../../policy/grant.ts';
import { checkNarrower, narrow } from '../../../policy/narrow.ts';
import { checkGrant } from '../../../policy/validate-grant.ts';

/** What a new token has to fit into. */
export interface Parent {
  readonly tenant: TenantId;
  readonly registration: RegistrationId;
  readonly projectId: ProjectId;
  readonly grant: Grant;
  /** Oldest first. Empty for a minted token. */
  readonly ancestors: readonly Ancestor[];
  /** Null for a minted token, and where none was named. */
  readonly actor: Actor | null;
  /** No descendant lives longer. `null` for a minted token. */
  readonly expiresAtSeconds: number | null;
  readonly secondsDefault: number;
  /** Null for a derived token. */
  readonly mintedBy: OperatorName | null;
}

/** From when to when a token is good. Unix seconds. */
export type Lifetime = Pick<Principal, 'issuedAtSeconds' | 'notBeforeSeconds' | 'expiresAtSeconds'>;

/** The lifetime that was asked for, cut off at the end of the parent's. */
export function lifetimeOf(
  parent: Pick<Parent, 'expiresAtSeconds' | 'secondsDefault'>,
  { expires_in: seconds = parent.secondsDefault, not_before: notBefore }: TokenRequest,
  nowMs: number,
): Result<Lifetime> {
  const issuedAtSeconds = Math.floor(nowMs / 1000);
  const expiresAtSeconds = Math.min(
    issuedAtSeconds + seconds,
    parent.expiresAtSeconds ?? Number.POSITIVE_INFINITY,
  );
  const notBeforeSeconds = notBefore === undefined ? null : Math.ceil(Date.parse(notBefore) / 1000);
  return notBeforeSeconds !== null && notBeforeSeconds >= expiresAtSeconds
    ? err(failure('field_invalid', 'not_before must be earlier than the end of the token.', 'not_before'))
    : ok({ issuedAtSeconds, notBeforeSeconds, expiresAtSeconds });
}

/** The members of a request that narrow the parent's grant. Fails where the result is wider, or cannot be enforced. */
export function narrowingOf(parent: Pick<Parent, 'grant'>, request: TokenRequest): Result<Narrowing> {
  const { name: _name, expires_in: _seconds, not_before: _start, actor: _actor, ...narrowing } = request;
  const narrower = checkNarrower(parent.grant, narrowing);
  if (!narrower.ok) return narrower;
  const unenforceable = checkGrant(narrow(parent.grant, narrowing));
  return unenforceable === null ? narrower : err(unenforceable);
}

/** Whom the new token acts for. Fails where its parent acts for somebody else already. */
export function actorOf(
  { actor: parents }: Pick<Parent, 'actor'>,
  { actor: asked }: TokenRequest,
): Result<Actor | null> {
  if (parents === null || asked === undefined || asked === parents) return ok(parents ?? asked ?? null);
  return err(failure('grant_exceeds_parent', 'actor is another than the one of the parent.', 'actor'));
}

/** What the token says. Its scopes are written out, so that it never gains one its parent is given later. */
export function principalOf(
  { tenant, registration, projectId, grant, ancestors }: Parent,
  { scopes = [...grant.scopes], ...narrowing }: Narrowing,
  lifetime: Lifetime,
  token: TokenId,
  actor: Actor | null,
): Principal {
  return { tenant, registration, token, projectId, scopes, narrowing, actor, ancestors, ...lifetime };
}

/** Unix seconds as an ISO 8601 time. */
export const isoOf = (seconds: number): string => new Date(seconds * 1000).toISOString();
