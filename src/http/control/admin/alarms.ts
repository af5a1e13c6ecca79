/** The alarms of the gateway. */
import { ALARM_COLUMNS } from '../../../contract/alarms/alarm.ts';
import { callObject } from '../../call-object.ts';
import { limitOf, pageAnswer } from '../listing.ts';
import { answer } from '../serve.ts';
import { withAdmin } from './guard.ts';

/** `GET /admin/v1/alarms` */
export const listAlarms = withAdmin('admin_list_alarms', async (ctx) => {
  const { query } = ctx.input;
  const { kind, tenant, since, cursor = null } = query;
  const page = {
    limit: limitOf(query),
    before: cursor,
    kind,
    tenant,
    since: since === undefined ? undefined : Date.parse(since),
  };
  const found = await callObject(ctx, () => ctx.services.alarms().page(page));
  return found.ok ? pageAnswer(ctx, query, found.value.rows, found.value.next, ALARM_COLUMNS()) : found;
});

/** `POST /admin/v1/alarms/test` */
export const testAlarm = withAdmin('admin_test_alarm', async (ctx, { name }) => {
  const tested = await callObject(ctx, () => ctx.services.alarms().sendTest(name));
  return tested.ok ? answer(tested.value) : tested;
});
