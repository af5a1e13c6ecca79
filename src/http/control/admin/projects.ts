/** The PostHog projects that the gateway's tenants are in. */
import type { ProjectId } from '../../../core/ids.ts';
import { LIMITS } from '../../../core/limits.ts';
import { ok, type Result } from '../../../core/result.ts';
import { callObject } from '../../call-object.ts';
import type { Context } from '../../context.ts';

/** The projects of the registered tenants, each once. */
export async function projectsOfTenants(ctx: Context): Promise<Result<ProjectId[]>> {
  const page = { limit: LIMITS.listRowsMax, after: null, include: 'registered' } as const;
  const found = await callObject(ctx, () => ctx.services.directory().list(page));
  return found.ok ? ok([...new Set(found.value.rows.map((row) => row.project_id))]) : found;
}
