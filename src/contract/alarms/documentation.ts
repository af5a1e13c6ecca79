/** What the routes of alarms are for, and what they answer. */
import { pageOf } from '../listing.ts';
import type { RouteDocumentation } from '../route-documentation.ts';
import { Alarm, AlarmTest } from './alarm.ts';
import type { ALARM_ROUTES } from './routes.ts';

export const ALARM_DOCUMENTATION = {
  admin_list_alarms: {
    summary: 'List alarms',
    description:
      'Newest first, of the last 30 days: what the operator has to look at, and whether the webhook has taken it. Conditions ' +
      'of one kind and subject are one alarm with a count, for an hour, or a day where a budget is nearly spent.',
    reply: pageOf(Alarm()),
  },
  admin_test_alarm: {
    summary: 'Send a test alarm to the webhook',
    description: 'Says what the webhook answered. A test that it does not take is sent again like any alarm.',
    reply: AlarmTest(),
  },
} as const satisfies Readonly<Record<keyof typeof ALARM_ROUTES, RouteDocumentation>>;
