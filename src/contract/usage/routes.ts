/** The routes of usage, of the tenant plane and of the admin plane. */
import { NO_INPUT, NOTHING, TENANTS_PATH, type ControlRoute } from '../control-route.ts';
import { USAGE_COLUMNS, UsageQuery } from './query.ts';

const LISTING = {
  method: 'GET',
  query: UsageQuery,
  body: NOTHING,
  columns: () => USAGE_COLUMNS,
  status: 200,
} as const;

export const USAGE_ROUTES = {
  list_usage: { ...LISTING, plane: 'tenant', path: '/v1/usage' },
  admin_list_usage: { ...LISTING, plane: 'admin', role: 'viewer', path: `${TENANTS_PATH}/:tenant/usage` },
  admin_list_refusals: {
    ...NO_INPUT,
    method: 'GET',
    path: `${TENANTS_PATH}/:tenant/refusals`,
    plane: 'admin',
    role: 'viewer',
    status: 200,
  },
} as const satisfies Record<string, ControlRoute>;
