/** The routes of a tenant's own web origins. */
import { NO_INPUT, NOTHING, TENANTS_PATH, type ControlRoute } from '../control-route.ts';
import { DevelopmentRequest, OriginChangeQuery, OriginsRequest } from './origins.ts';

const ORIGINS_PATH = '/v1/origins';
const OWN = { plane: 'tenant', scopes: ['origin:write'], status: 200, etag: true } as const;

export const ORIGIN_ROUTES = {
  get_origins: { ...NO_INPUT, ...OWN, method: 'GET', path: ORIGINS_PATH },
  put_origins: {
    ...OWN,
    method: 'PUT',
    path: ORIGINS_PATH,
    query: NOTHING,
    body: OriginsRequest,
    ifMatch: true,
  },
  start_development: {
    ...OWN,
    method: 'PUT',
    path: `${ORIGINS_PATH}/development`,
    query: NOTHING,
    body: DevelopmentRequest,
  },
  end_development: { ...NO_INPUT, ...OWN, method: 'DELETE', path: `${ORIGINS_PATH}/development` },
  admin_get_origins: {
    ...NO_INPUT,
    method: 'GET',
    path: `${TENANTS_PATH}/:tenant/origins`,
    plane: 'admin',
    role: 'viewer',
    status: 200,
  },
  admin_list_origin_changes: {
    ...NO_INPUT,
    method: 'GET',
    path: `${TENANTS_PATH}/:tenant/origins/changes`,
    plane: 'admin',
    role: 'viewer',
    query: OriginChangeQuery,
    status: 200,
  },
} as const satisfies Record<string, ControlRoute>;
