/**
 * May this grant do this call? Pure: no clock, no network, no randomness. A decision carries its reason, and there is
 * no way to an allow but through every check.
 */
import type { Call } from '../catalogue/operation.ts';
import type { Generation } from '../catalogue/generation.ts';
import { checkIgnoredFlags, checkNewerFilters, checkAbsent } from '../catalogue/generation-lacks.ts';
import { failure, type Failure } from '../core/failure.ts';
import type { ProjectId } from '../core/ids.ts';
import { holdsScope, type Scope } from '../core/scopes.ts';
import { checkGrant } from './validate-grant.ts';
import type { Grant } from './grant.ts';
import { allowsOrigin } from './origins/pattern.ts';
import { checkReferences } from './disclosure.ts';

/** Stays in this file, so that only `decide` can make a permitted call. */
const permitted = Symbol('permitted');

/** A call that a decision allowed. Only `decide` makes one, and only one of these can be sent. */
export type PermittedCall = Call & { readonly [permitted]: true };

export type Decision =
  | { readonly verdict: 'deny'; readonly failure: Failure }
  | { readonly verdict: 'allow'; readonly call: PermittedCall };

/** Who asks: what its token was issued for, and the web origin the request came from, if a browser sent it. */
export interface Caller {
  readonly projectId: ProjectId;
  readonly origin: string | null;
}

/** What the operator says of the PostHog behind the gateway. */
export interface UpstreamFacts {
  readonly generation: Generation;
  /** The only project of the key's owner; `null` where the operator does not say. */
  readonly ownersProject: ProjectId | null;
}

/** Checks access first, then what is deleted along, what PostHog would ignore, what cannot be sliced, what is hidden, what PostHog removed. */
export function decide(grant: Grant, caller: Caller, call: Call, upstream: UpstreamFacts): Decision {
  const refusal =
    checkAccess(grant, caller, call.operation.scopes, call.projectId) ??
    checkDeleteFlags(grant, call) ??
    (call.kind === 'delete'
      ? checkIgnoredFlags(call.deletion, upstream.generation)
      : checkNewerFilters(call, upstream.generation)) ??
    checkOwnersProject(grant, call, upstream) ??
    checkSliceable(grant, call) ??
    checkReferences(call, grant) ??
    checkAbsent(call.operation, upstream.generation);
  return refusal === null
    ? { verdict: 'allow', call: { ...call, [permitted]: true } }
    : { verdict: 'deny', failure: refusal };
}

/** The one order in which every plane checks what a token opens: origin, project, scopes. */
export function checkAccess(
  grant: Grant,
  caller: Caller,
  scopes: readonly Scope[],
  project: ProjectId = caller.projectId,
): Failure | null {
  return (
    checkOrigin(grant, caller.origin) ??
    checkProject(grant, caller.projectId, project) ??
    checkScopes(grant, scopes)
  );
}

/** The project the token was issued for, the one the tenant has now, and the one in the path must be one. */
export function checkProject(
  grant: Grant,
  issuedFor: ProjectId,
  asked: ProjectId = issuedFor,
): Failure | null {
  return asked === grant.project_id && asked === issuedFor
    ? null
    : failure('project_not_granted', `This token is not for project ${asked}.`, 'project_id');
}

/** A request without an `Origin` is no browser's: there is nothing to hold it to. */
export function checkOrigin(grant: Grant, origin: string | null): Failure | null {
  return origin === null || allowsOrigin(grant.origins, origin)
    ? null
    : failure('origin_not_allowed', 'Pages of this web origin may not use this token.', 'Origin');
}

/** All the scopes must be there. */
export function checkScopes(grant: Grant, needed: readonly Scope[]): Failure | null {
  const missing = needed.filter((scope) => !holdsScope(grant.scopes, scope));
  return missing.length === 0
    ? null
    : {
        ...failure('scope_missing', `This needs the scope ${missing.join(' and ')}.`),
        scopes: needed,
        missingScopes: missing,
      };
}

function checkDeleteFlags(grant: Grant, call: Call): Failure | null {
  if (call.kind !== 'delete') return null;
  const { flags } = call.deletion;
  const beyond = (['events', 'recordings'] as const).find(
    (what) => flags[`delete_${what}`] && !grant.deletes[what],
  );
  return beyond === undefined
    ? null
    : failure('delete_flag_not_granted', `The grant does not allow deleting ${beyond}.`, `delete_${beyond}`);
}

/**
 * Some operations answer for the project that the owner of the key has open, whatever the path says (PostHog contract
 * §10, 4). The gateway asks only where the operator has said which that is; for a grant of a whole project it takes
 * the operator's word of SECURITY.md that there is no other.
 */
function checkOwnersProject(grant: Grant, call: Call, upstream: UpstreamFacts): Failure | null {
  if (!call.operation.ownersProject.includes(upstream.generation)) return null;
  if (upstream.ownersProject === call.projectId) return null;
  if (upstream.ownersProject === null && grant.slices.length === 0) return null;
  return failure(
    'project_not_current',
    `PostHog answers this for the project its key's owner has open, which is not known to be ${call.projectId}.`,
  );
}

function checkSliceable(grant: Grant, call: Call): Failure | null {
  if (grant.slices.length === 0) return null;
  const unenforceable = checkGrant(grant, 'not_sliceable');
  if (unenforceable !== null) return unenforceable;
  const { slicing, leavesSlice } = call.operation;
  if (slicing.kind === 'refused') return failure('not_sliceable', slicing.why);
  return leavesSlice !== undefined && !grant.split_out_of_slice
    ? failure('not_sliceable', leavesSlice)
    : null;
}
