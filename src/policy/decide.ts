/**
 * May this grant do this call? Pure: no clock, no network, no randomness. A decision carries its reason, and there is
 * no way to an allow but through every check.
 */
import type { Call } from '../catalogue/operation.ts';
import { failure, type Failure } from '../core/failure.ts';
import type { ProjectId } from '../core/ids.ts';
import type { Scope } from '../core/scopes.ts';
import type { Grant } from './grant.ts';

/** Stays in this file: nobody else can make a permitted call. */
const permitted = Symbol('permitted');

/** A call that a decision allowed. Only `decide` makes one, and only one of these can be sent. */
export type PermittedCall = Call & { readonly [permitted]: true };

export type Decision =
  | { readonly verdict: 'deny'; readonly failure: Failure }
  | { readonly verdict: 'allow'; readonly call: PermittedCall };

/** Who asks: what its token was issued for, and the web origin the request came from, if a browser sent it. */
export interface Asker {
  readonly projectId: ProjectId;
  readonly origin: string | null;
}

/** Checks in this order: project, origin, scopes, what is deleted along, slice and properties. */
export function decide(grant: Grant, asker: Asker, call: Call): Decision {
  const refusal =
    refuseOtherProject(grant, asker.projectId, call.projectId) ??
    refuseOrigin(grant, asker.origin) ??
    refuseScopes(grant, call.operation.scopes) ??
    refuseFlags(grant, call) ??
    refuseUnenforceable(grant);
  return refusal === null
    ? { verdict: 'allow', call: { ...call, [permitted]: true } }
    : { verdict: 'deny', failure: refusal };
}

/** The project the token was issued for, the one the tenant has now, and the one in the path must be one. */
export function refuseOtherProject(
  grant: Grant,
  issuedFor: ProjectId,
  asked: ProjectId = issuedFor,
): Failure | null {
  return asked === grant.project_id && asked === issuedFor
    ? null
    : failure('project_not_granted', `This token is not for project ${asked}.`, 'project_id');
}

/** A request without an `Origin` is no browser's: there is nothing to hold it to. */
export function refuseOrigin(grant: Grant, origin: string | null): Failure | null {
  return origin === null || grant.origins.includes(origin)
    ? null
    : failure('origin_not_allowed', 'Pages of this web origin may not use this token.', 'Origin');
}

/** All the scopes must be there. */
export function refuseScopes(grant: Grant, needed: readonly Scope[]): Failure | null {
  const missing = needed.filter((scope) => !grant.scopes.includes(scope));
  return missing.length === 0
    ? null
    : { ...failure('scope_missing', `This needs the scope ${missing.join(' and ')}.`), scopes: needed };
}

function refuseFlags(grant: Grant, call: Call): Failure | null {
  if (call.kind !== 'delete') return null;
  const { flags } = call.deletion;
  const beyond = (['events', 'recordings'] as const).find(
    (what) => flags[`delete_${what}`] && !grant.deletes[what],
  );
  return beyond === undefined
    ? null
    : failure('delete_flag_not_granted', `The grant does not allow deleting ${beyond}.`, `delete_${beyond}`);
}

/** Serving a narrowed grant as if it were not would be worse than not serving it. */
function refuseUnenforceable(grant: Grant): Failure | null {
  const whole = grant.slices.length === 0 && grant.hidden.length === 0 && grant.visible === null;
  return whole
    ? null
    : failure(
        'grant_not_enforceable',
        'The grant narrows to a slice or to properties; this operation cannot yet.',
      );
}
