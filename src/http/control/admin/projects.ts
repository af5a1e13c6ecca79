/** The PostHog projects that the gateway's tenants are in. */
import type { ProjectId } from '../../../core/ids.ts';
import { LIMITS } from '../../../core/limits.ts';
import { ok, type Result } from '../../../core/result.ts';
import type { DirectoryPage } from '../../../objects/directory/directory.ts';
import { callObject } from '../../call-object.ts';
import type { Context } from '../../context.ts';

/** The projects of the registered tenants, each once. */
export async function projectsOfTenants(ctx: Context): Promise<Result<ProjectId[]>> {
  const found = await tenantsListed(ctx);
  return found.ok ? ok(projectsOf(found.value)) : found;
}

export const projectsOf = (tenants: readonly ListedTenant[]): ProjectId[] => [
  ...new Set(tenants.map((row) => row.project_id)),
];

type ListedTenant = DirectoryPage['rows'][number];

/** The tenants that are registered, as the directory lists them. */
export async function tenantsListed(ctx: Context): Promise<Result<readonly ListedTenant[]>> {
  const page = { limit: LIMITS.listRowsMax, after: null, include: 'registered' } as const;
  const found = await callObject(ctx, () => ctx.services.directory().list(page));
  return found.ok ? ok(found.value.rows) : found;
}
