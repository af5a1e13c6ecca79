/** On how many of the newest persons the property is that slices are made of. */
import type { UpstreamCheck } from '../../../../contract/upstream/check.ts';
import type { ProjectId, TenantId } from '../../../../core/ids.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../../core/json.ts';
import { LIMITS } from '../../../../core/limits.ts';
import { ok, type Result } from '../../../../core/result.ts';
import type { Interpretation } from '../../../../upstream/interpret.ts';
import { rowsIn } from '../../../../upstream/probe/questions.ts';
import { callObject } from '../../../call-object.ts';
import type { Context } from '../../../context.ts';
import { unknown, type Finding } from './finding.ts';

type Sample = UpstreamCheck['slices'][number];

/** The slice of one tenant. */
export interface TenantSlice {
  readonly tenant: TenantId;
  readonly project: ProjectId;
  readonly property: string;
  readonly values: readonly string[];
}

/** Slices of the tenants that are named, as their records have them. */
export async function slicesOf(
  ctx: Context,
  tenants: readonly TenantId[],
): Promise<Result<readonly TenantSlice[]>> {
  const slices: TenantSlice[] = [];
  for (const tenant of tenants.slice(0, LIMITS.checkedTenantsMax)) {
    const found = await callObject(ctx, () => ctx.services.tenant(tenant).get());
    if (!found.ok) return found;
    const record = found.value?.record;
    if (record?.slice === undefined) continue;
    const { property, value } = record.slice;
    const values = typeof value === 'string' ? [value] : value;
    slices.push({ tenant, project: record.project_id, property, values });
  }
  return ok(slices);
}

/** A finding for each property that slices of the project are made of. */
export function sliceFindings(
  project: ProjectId,
  slices: readonly TenantSlice[],
  said: Interpretation,
): readonly Sample[] {
  const rows = rowsIn(said);
  return [...Map.groupBy(slices, ({ property }) => property)].map(([property, of]) => {
    const values = rows.map((row) => propertyOf(row, property)).filter((value) => value !== undefined);
    const covered = new Set<Json>(of.flatMap(({ values: one }) => one));
    const { good, says } = judge(`project ${project}`, property, rows.length, values, said);
    return {
      project_id: project,
      property,
      tenants: of.map(({ tenant }) => tenant),
      sampled: rows.length,
      present: values.length,
      in_a_slice: values.filter((value) => covered.has(value)).length,
      good,
      says,
    };
  });
}

/** `values` are those of the persons that have the property. */
function judge(
  project: string,
  property: string,
  sampled: number,
  values: readonly Json[],
  said: Interpretation,
): Finding {
  if (said.kind !== 'success') return { good: null, says: unknown(said) };
  if (sampled === 0) return { good: null, says: `Not known: ${project} shows no person.` };
  const present = values.length;
  const of = `${present} of the ${sampled} newest persons of ${project} have ${property}`;
  if (present === 0) {
    return {
      good: false,
      says: `${of}: tenants with a slice see nobody. Correct the property of their slices, or have the project set it on its persons.`,
    };
  }
  const odd = values.filter((value) => typeof value !== 'string').length;
  if (odd > 0) {
    return {
      good: false,
      says: `${of}, and ${odd} have a value that is no text, which is in no slice. Have the project set texts.`,
    };
  }
  return {
    good: true,
    says: present === sampled ? `${of}.` : `${of}. Persons without it are in the slice of nobody.`,
  };
}

/** The value of a property; undefined where the person has none. */
function propertyOf({ properties }: JsonObject, property: string): Json | undefined {
  return isJsonObject(properties) && Object.hasOwn(properties, property)
    ? (properties[property] ?? undefined)
    : undefined;
}
