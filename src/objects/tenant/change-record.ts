/** From the body of a change to the record that is to be stored, or to the 400 that says why not. */
import { parseArguments } from '../../catalogue/arguments.ts';
import { TenantDocument } from '../../contract/tenant.ts';
import { failure, type Failure } from '../../core/failure.ts';
import type { TenantId } from '../../core/ids.ts';
import { mergePatch, type JsonObject } from '../../core/json.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { TenantRecord } from '../../policy/grant.ts';
import { grantOf } from '../../policy/narrow.ts';
import { checkGrant } from '../../policy/validate-grant.ts';
import type { StoredTenant } from './record-store.ts';

/** A tenant as it is registered now, and its record before; null where it was not registered. */
export interface ChangedTenant {
  before: TenantRecord | null;
  stored: StoredTenant;
}

/** How a tenant was taken off the register. */
export interface Removal {
  /** False when it was not registered. */
  removed: boolean;
  /** The JSON text of its record as it was stored, which this code may not understand; null where there was none. */
  before: string | null;
  revision: number;
  /** ISO 8601. */
  removed_at: string;
}

/** The record that `PUT` asks for; `stored` is the one it replaces. */
export function replacedRecord(
  tenant: TenantId,
  stored: StoredTenant | null,
  document: TenantDocument,
): Result<TenantRecord> {
  const changed = checkReadOnly(tenant, stored, document);
  if (changed !== null) return err(changed);
  const { tenant: _, registration: _r, created_at: _c, updated_at: _u, slice, ...rest } = document;
  if (slice === undefined && stored?.record.slice !== undefined) return err(sliceLeftOut());
  const record: TenantRecord = slice === undefined || slice === null ? rest : { ...rest, slice };
  const unenforceable = checkGrant(grantOf(record));
  return unenforceable === null ? ok(record) : err(unenforceable);
}

/** The record that `PATCH` asks for. */
export function patchedRecord(stored: StoredTenant, patch: JsonObject): Result<TenantRecord> {
  const { slice = null, ...rest } = mergePatch(stored.record, patch);
  const document = parseArguments(TenantDocument(), 'body', { query: new Map(), body: { ...rest, slice } });
  return document.ok ? replacedRecord(stored.tenant, stored, document.value) : document;
}

/** `updated_at` is not compared: it differs after any change since it was read, and `If-Match` is there for that. */
function checkReadOnly(
  tenant: TenantId,
  stored: StoredTenant | null,
  document: TenantDocument,
): Failure | null {
  const expected = { tenant, registration: stored?.registration, created_at: stored?.created_at };
  for (const name of ['tenant', 'registration', 'created_at'] as const) {
    if (document[name] === undefined || document[name] === expected[name]) continue;
    return failure(
      'field_invalid',
      `${name} is set by the gateway. Leave it out, or send it as GET answers it.`,
      name,
    );
  }
  return null;
}

const sliceLeftOut = (): Failure =>
  failure(
    'field_invalid',
    'The tenant has a slice and this body has none. Send the slice, or "slice": null to widen the tenant to the whole project.',
    'slice',
  );
