/** The routes of usage, of the tenant plane and of the admin plane. */
import { NOTHING, TENANTS_PATH, type ControlRoute } from '../control-route.ts';
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
  admin_list_usage: { ...LISTING, plane: 'admin', path: `${TENANTS_PATH}/:tenant/usage` },
} as const satisfies Record<string, ControlRoute>;
