/** `GET /admin/v1/audit`: what operators changed, newest first. */
import { CHANGE_COLUMNS } from '../../../contract/operators/audit.ts';
import { callObject } from '../../call-object.ts';
import { limitOf, pageAnswer } from '../listing.ts';
import { withAdmin } from './guard.ts';

export const listChanges = withAdmin('admin_list_changes', async (ctx) => {
  const { query } = ctx.input;
  const { tenant, operator, outcome, from, to, cursor = null } = query;
  const page = {
    limit: limitOf(query),
    before: cursor,
    tenant,
    operator,
    outcome,
    from: from === undefined ? undefined : Date.parse(from),
    to: to === undefined ? undefined : Date.parse(to),
  };
  const found = await callObject(ctx, () => ctx.services.directory().changes(page));
  return found.ok ? pageAnswer(ctx, query, found.value.rows, found.value.next, CHANGE_COLUMNS()) : found;
});
