/** The routes of alarms. */
import { NO_INPUT, type ControlRoute } from '../control-route.ts';
import { ALARM_COLUMNS, AlarmQuery } from './alarm.ts';

const ALARMS_PATH = '/admin/v1/alarms';

export const ALARM_ROUTES = {
  admin_list_alarms: {
    ...NO_INPUT,
    method: 'GET',
    path: ALARMS_PATH,
    plane: 'admin',
    role: 'viewer',
    query: AlarmQuery,
    status: 200,
    columns: ALARM_COLUMNS,
  },
  admin_test_alarm: {
    ...NO_INPUT,
    method: 'POST',
    path: `${ALARMS_PATH}/test`,
    plane: 'admin',
    role: 'operator',
    status: 200,
  },
} as const satisfies Record<string, ControlRoute>;
