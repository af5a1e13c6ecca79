import { failure, type Failure } from '../core/failure.ts';
import { err, ok, type Result } from '../core/result.ts';
import { holdsScope, ScopeName, type Scope } from '../core/scopes.ts';
import { narrowDeletes, widerDeletes } from './delete-rules.ts';
import type { Grant, Narrowing, Rate, TenantRecord } from './grant.ts';
import { allowsOrigin } from './origins/pattern.ts';
import { addSlice, parseSlice } from './slice.ts';

/**
 * What both lists open. A scope that another one includes is named where both name it, or where it is all that is left
 * of the other.
 */
function commonScopes(wide: readonly Scope[], asked: readonly Scope[] | undefined): readonly Scope[] {
  if (asked === undefined) return wide;
  const both = ScopeName.options.filter((one) => holdsScope(wide, one) && holdsScope(asked, one));
  const named = both.filter((one) => wide.includes(one) && asked.includes(one));
  return both.filter((one) => named.includes(one) || !holdsScope(named, one));
}

const slower = (a: Rate, b: Rate | undefined): Rate =>
  b === undefined
    ? a
    : {
        requests_per_minute: Math.min(a.requests_per_minute, b.requests_per_minute),
        burst: Math.min(a.burst, b.burst),
      };

const visibleInBoth = (a: readonly string[] | null, b: readonly string[] | undefined) =>
  b === undefined ? a : a === null ? b : a.filter((name) => b.includes(name));

/** A token lists origins one by one, so what is left of a pattern are those that it matches. */
const commonOrigins = (wide: readonly string[], asked: readonly string[] | undefined): readonly string[] =>
  asked === undefined ? wide : [...new Set(asked)].filter((origin) => allowsOrigin(wide, origin));

/** The whole grant of a tenant. `own` are the origins that it has added to those of its record. */
export function grantOf(tenant: TenantRecord, own: readonly string[] = []): Grant {
  return {
    project_id: tenant.project_id,
    scopes: tenant.scopes,
    slices: tenant.slice === undefined ? [] : [parseSlice(tenant.slice)],
    hidden: tenant.properties?.hidden ?? [],
    visible: tenant.properties?.visible ?? null,
    distinct_ids_hidden: tenant.properties?.distinct_ids === 'hidden',
    split_out_of_slice: tenant.split_out_of_slice,
    rate: tenant.rate,
    deletes: narrowDeletes(tenant.deletes),
    origins: own.length === 0 ? tenant.origins : [...new Set([...tenant.origins, ...own])],
  };
}

/**
 * A grant narrowed once more. By construction never wider in any member than `parent`, whatever `by` says:
 * lists are intersected, conditions added, numbers and flags take the smaller.
 */
export function narrow(parent: Grant, by: Narrowing): Grant {
  return {
    project_id: parent.project_id,
    scopes: commonScopes(parent.scopes, by.scopes),
    slices: by.slice === undefined ? parent.slices : addSlice(parent.slices, parseSlice(by.slice)),
    hidden: [...new Set([...parent.hidden, ...(by.properties?.hidden ?? [])])],
    visible: visibleInBoth(parent.visible, by.properties?.visible),
    distinct_ids_hidden: parent.distinct_ids_hidden || by.properties?.distinct_ids === 'hidden',
    split_out_of_slice: parent.split_out_of_slice && (by.split_out_of_slice ?? true),
    rate: slower(parent.rate, by.rate),
    deletes: narrowDeletes(parent.deletes, by.deletes),
    origins: commonOrigins(parent.origins, by.origins),
  };
}

/** The tenant's grant as it is now, narrowed by every token of a chain, the oldest first. */
export const effectiveGrant = (
  tenant: TenantRecord,
  narrowings: readonly Narrowing[],
  own: readonly string[] = [],
): Grant => narrowings.reduce(narrow, grantOf(tenant, own));

/**
 * Refuses a narrowing that asks for more than the parent has. `narrow` would cut it down all the same;
 * saying so beats handing out a token that does less than its maker believes.
 */
export function checkNarrower(parent: Grant, by: Narrowing): Result<Narrowing> {
  const wider = firstWider(parent, by);
  return wider === null ? ok(by) : err(wider);
}

const exceeds = (attr: string, has: string) =>
  failure('grant_exceeds_parent', `${attr} asks for more than the parent has, which is ${has}.`, attr);

const beyond = <T>(wide: readonly T[], asked: readonly T[] | undefined) =>
  asked?.some((item) => !wide.includes(item)) === true;

function firstWider(parent: Grant, by: Narrowing): Failure | null {
  if (by.scopes?.some((scope) => !holdsScope(parent.scopes, scope)) === true)
    return exceeds('scopes', parent.scopes.join(' '));
  if (by.origins?.some((origin) => !allowsOrigin(parent.origins, origin)) === true)
    return exceeds('origins', parent.origins.join(' ') || 'none');
  const same = parent.slices.find((slice) => slice.property === by.slice?.property);
  if (same !== undefined && by.slice !== undefined && beyond(same.values, parseSlice(by.slice).values)) {
    return exceeds('slice.value', same.values.join(' ') || 'none');
  }
  if (parent.visible !== null && beyond(parent.visible, by.properties?.visible)) {
    return exceeds('properties.visible', parent.visible.join(' ') || 'none');
  }
  if (by.properties?.visible?.some((name) => parent.hidden.includes(name)) === true) {
    return exceeds('properties.visible', `all but ${parent.hidden.join(' ')}`);
  }
  if (by.split_out_of_slice === true && !parent.split_out_of_slice) {
    return exceeds('split_out_of_slice', 'false');
  }
  if (by.rate !== undefined && by.rate.requests_per_minute > parent.rate.requests_per_minute) {
    return exceeds('rate.requests_per_minute', String(parent.rate.requests_per_minute));
  }
  if (by.rate !== undefined && by.rate.burst > parent.rate.burst) {
    return exceeds('rate.burst', String(parent.rate.burst));
  }
  const deletes = by.deletes === undefined ? null : widerDeletes(parent.deletes, by.deletes);
  return deletes === null ? null : exceeds(`deletes.${deletes.member}`, deletes.has);
}
