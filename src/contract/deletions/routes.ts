/** The routes of the deletion log, of the tenant plane and of the admin plane. */
import { DeletionRequest } from '../../catalogue/persons/deletion-job.ts';
import {
  DELETIONS_PATH,
  FUSE_PATH,
  NO_INPUT,
  NOTHING,
  TENANTS_PATH,
  type ControlRoute,
} from '../control-route.ts';
import { DELETION_COLUMNS } from '../deletion.ts';
import { ConfirmedDigest, GivenReason, NeededReason } from './decision.ts';
import { IdsQuery } from './ids.ts';
import { PreviewQuery } from '../preview.ts';
import { REFUSAL_COLUMNS } from './refusal.ts';
import { LogQuery, LogsQuery, RefusalQuery } from './search.ts';

const LISTING = { method: 'GET', body: NOTHING, query: LogQuery, columns: DELETION_COLUMNS } as const;
const REFUSED = { method: 'GET', body: NOTHING, query: RefusalQuery, columns: REFUSAL_COLUMNS } as const;
const OF_TENANT = { plane: 'tenant', scopes: ['person:delete'], status: 200 } as const;
const READING = { plane: 'tenant', scopes: ['deletion_log:read'], status: 200 } as const;
const SHOWN = { plane: 'admin', role: 'viewer', status: 200 } as const;
const DECIDED = { plane: 'admin', role: 'operator', status: 200 } as const;
const OF_OWNER = { plane: 'admin', role: 'owner', status: 200 } as const;
const DECIDING = { query: NOTHING, method: 'POST' } as const;

const ONE = `${DELETIONS_PATH}/:id`;
const LOG_OF_ONE_TENANT = `${TENANTS_PATH}/:tenant/deletions`;
const ONE_OF_ONE_TENANT = `${LOG_OF_ONE_TENANT}/:id`;

export const DELETION_ROUTES = {
  list_deletions: { ...LISTING, ...READING, path: DELETIONS_PATH },
  list_refused_deletions: { ...REFUSED, ...READING, path: `${DELETIONS_PATH}/refused` },
  create_deletion: {
    ...OF_TENANT,
    method: 'POST',
    path: DELETIONS_PATH,
    query: PreviewQuery,
    body: DeletionRequest,
    largeBody: true,
    deletes: true,
    status: 202,
  },
  get_deletion: { ...NO_INPUT, ...READING, method: 'GET', path: ONE },
  watch_deletion: {
    ...NO_INPUT,
    ...READING,
    method: 'GET',
    path: `${ONE}/events`,
    otherStatuses: [204],
  },
  list_deletion_ids: { ...READING, method: 'GET', path: `${ONE}/ids`, query: IdsQuery, body: NOTHING },
  get_deletion_preview: {
    ...NO_INPUT,
    ...OF_TENANT,
    method: 'GET',
    path: `${ONE}/preview`,
    scopes: ['person:delete', 'person:read'],
  },
  confirm_deletion: {
    ...DECIDING,
    ...OF_TENANT,
    path: `${ONE}/confirm`,
    body: ConfirmedDigest,
    deletes: true,
  },
  cancel_deletion: { ...DECIDING, ...OF_TENANT, path: `${ONE}/cancel`, body: GivenReason },

  admin_list_all_deletions: {
    ...LISTING,
    ...SHOWN,
    query: LogsQuery,
    path: '/admin/v1/deletions',
  },
  admin_list_deletions: { ...LISTING, ...SHOWN, path: LOG_OF_ONE_TENANT },
  admin_list_refused_deletions: { ...REFUSED, ...SHOWN, path: `${LOG_OF_ONE_TENANT}/refused` },
  admin_get_deletion: { ...NO_INPUT, ...SHOWN, method: 'GET', path: ONE_OF_ONE_TENANT },
  admin_watch_deletion: {
    ...NO_INPUT,
    ...SHOWN,
    method: 'GET',
    path: `${ONE_OF_ONE_TENANT}/events`,
    otherStatuses: [204],
  },
  admin_get_deletion_preview: {
    ...NO_INPUT,
    ...SHOWN,
    method: 'GET',
    path: `${ONE_OF_ONE_TENANT}/preview`,
  },
  admin_list_deletion_ids: {
    ...SHOWN,
    method: 'GET',
    path: `${ONE_OF_ONE_TENANT}/ids`,
    query: IdsQuery,
    body: NOTHING,
  },
  admin_cancel_deletion: {
    ...DECIDING,
    ...DECIDED,
    path: `${ONE_OF_ONE_TENANT}/cancel`,
    body: GivenReason,
  },
  admin_approve_deletion: {
    ...DECIDING,
    ...DECIDED,
    path: `${ONE_OF_ONE_TENANT}/approve`,
    body: GivenReason,
  },
  admin_reject_deletion: {
    ...DECIDING,
    ...DECIDED,
    path: `${ONE_OF_ONE_TENANT}/reject`,
    body: NeededReason,
  },
  admin_abandon_deletion: {
    ...DECIDING,
    ...DECIDED,
    path: `${ONE_OF_ONE_TENANT}/abandon`,
    body: NeededReason,
  },
  admin_get_fuse: { ...NO_INPUT, ...SHOWN, method: 'GET', path: FUSE_PATH },
  admin_reset_fuse: { ...DECIDING, ...OF_OWNER, path: `${FUSE_PATH}/reset`, body: GivenReason },
} as const satisfies Record<string, ControlRoute>;
