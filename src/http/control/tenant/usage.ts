import { listUsage } from '../usage.ts';
import { withToken } from './guard.ts';

/** `GET /v1/usage`: of the token itself and of what was derived from it. */
export const listOwnUsage = withToken('list_usage', async (ctx, { principal }) =>
  listUsage(ctx, ctx.input.query, principal.tenant, principal.token),
);
