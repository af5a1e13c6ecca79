/** The deletion log of a tenant, also of one that is no longer registered. */
import type { DeletionEntry } from '../../../contract/deletion.ts';
import type { Result } from '../../../core/result.ts';
import type { Decision } from '../../../objects/deletion-log/deletion-log.ts';
import type { Context } from '../../context.ts';
import {
  decideDeletion,
  getDeletion,
  listAllDeletions,
  listDeletions,
  listIds,
  lookAt,
  watchAnswer,
} from '../deletions.ts';
import { listRefusalsOf } from '../refusals.ts';
import { readPreview } from '../previews.ts';
import type { Answer } from '../serve.ts';
import { withAdmin, withTenant, type TenantAccess } from './guard.ts';

const OPERATOR = { kind: 'operator' } as const;

interface Deciding extends Context {
  readonly input: { readonly body: { readonly reason?: string | undefined } };
}

/** A handler by which the operator decides about one deletion. */
const decides =
  (decision: Decision) =>
  (ctx: Deciding, { tenant, operator }: TenantAccess): Promise<Result<Answer<DeletionEntry>>> =>
    decideDeletion(ctx, tenant, OPERATOR, {
      decision,
      by: 'operator',
      reason: ctx.input.body.reason,
      approver: ctx.services.approvers > 1 ? operator.name : null,
    });

/** `GET /admin/v1/tenants/:tenant/deletions` */
export const listDeletionsOf = withTenant('admin_list_deletions', async (ctx, { tenant }) =>
  listDeletions(ctx, ctx.input.query, tenant, OPERATOR),
);

/** `GET /admin/v1/deletions` */
export const listDeletionsOfAll = withAdmin('admin_list_all_deletions', async (ctx) =>
  listAllDeletions(ctx, ctx.input.query),
);

/** `GET /admin/v1/tenants/:tenant/deletions/refused` */
export const listRefusedOf = withTenant('admin_list_refused_deletions', async (ctx, { tenant }) =>
  listRefusalsOf(ctx, ctx.input.query, tenant),
);

/** `GET /admin/v1/tenants/:tenant/deletions/:id` */
export const getDeletionOf = withTenant('admin_get_deletion', async (ctx, { tenant }) =>
  getDeletion(ctx, tenant, OPERATOR),
);

/** `GET /admin/v1/tenants/:tenant/deletions/:id/preview`: with all of its sample, whatever the tenant is shown of it. */
export const getPreviewOf = withTenant('admin_get_deletion_preview', async (ctx, { tenant }) =>
  readPreview(ctx, tenant, OPERATOR, null),
);

/** `POST /admin/v1/tenants/:tenant/deletions/:id/cancel` */
export const cancelDeletionOf = withTenant('admin_cancel_deletion', decides('cancelled'));

/** `POST /admin/v1/tenants/:tenant/deletions/:id/approve` */
export const approveDeletionOf = withTenant('admin_approve_deletion', decides('approved'));

/** `POST /admin/v1/tenants/:tenant/deletions/:id/reject` */
export const rejectDeletionOf = withTenant('admin_reject_deletion', decides('rejected'));

/** `POST /admin/v1/tenants/:tenant/deletions/:id/abandon` */
export const abandonDeletionOf = withTenant('admin_abandon_deletion', decides('abandoned'));

/** `GET /admin/v1/tenants/:tenant/deletions/:id/ids` */
export const listIdsOf = withTenant('admin_list_deletion_ids', async (ctx, { tenant }) =>
  listIds(ctx, ctx.input.query, tenant, OPERATOR),
);

/** `GET /admin/v1/tenants/:tenant/deletions/:id/events` */
export const watchDeletionOf = withTenant('admin_watch_deletion', async (ctx, { tenant }) =>
  watchAnswer(ctx, () => lookAt(ctx, tenant, OPERATOR)),
);
