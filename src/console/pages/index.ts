/** Every page of the console, as data. */
import type { Role } from '../../core/operators.ts';
import type { Act, Show } from '../page.ts';
import { alarmsPage, testAlarm } from './alarms/alarms.tsx';
import { audit } from './audit.tsx';
import { deletionEvents } from './deletions/events.ts';
import { exportDeletions } from './deletions/export.ts';
import { deletionIds } from './deletions/ids.tsx';
import { fusePage, resetFuse } from './deletions/fuse.tsx';
import { allDeletions, deletionsOfTenant } from './deletions/list.tsx';
import { decide, deletionPage } from './deletions/one.tsx';
import { overview } from './overview/overview.tsx';
import { register, registerForm } from './tenant/register.tsx';
import { tenants } from './tenant/list.tsx';
import { tenantPage } from './tenant/tenant.tsx';
import { recordForm, reviewRecord, saveRecord } from './tenant/record.tsx';
import { mint, revoke, revokeForm, tokens } from './tenant/tokens.tsx';
import { tryRequest } from './tenant/try.tsx';
import { removeForm, remove, suspendOrResume } from './tenant/standing.tsx';

type PageRoute = {
  readonly path: string;
  /** That an operator needs, or one that includes it. */
  readonly role: Role;
} & ({ readonly method: 'GET'; readonly handler: Show } | { readonly method: 'POST'; readonly handler: Act });

const get = (path: string, handler: Show, role: Role = 'viewer'): PageRoute => ({
  method: 'GET',
  path,
  handler,
  role,
});
const post = (path: string, handler: Act, role: Exclude<Role, 'viewer'>): PageRoute => ({
  method: 'POST',
  path,
  handler,
  role,
});

export const PAGES: readonly PageRoute[] = [
  get('/', overview),
  get('/tenants', tenants),
  get('/tenants/new', registerForm, 'owner'),
  post('/tenants/new', register, 'owner'),
  get('/tenants/:tenant', tenantPage),
  get('/tenants/:tenant/record', recordForm),
  post('/tenants/:tenant/review', reviewRecord, 'owner'),
  post('/tenants/:tenant/record', saveRecord, 'owner'),
  post('/tenants/:tenant/standing', suspendOrResume, 'operator'),
  get('/tenants/:tenant/remove', removeForm, 'owner'),
  post('/tenants/:tenant/remove', remove, 'owner'),
  get('/tenants/:tenant/tokens', tokens),
  post('/tenants/:tenant/tokens', mint, 'operator'),
  get('/tenants/:tenant/tokens/:id/revoke', revokeForm, 'operator'),
  post('/tenants/:tenant/tokens/:id/revoke', revoke, 'operator'),
  get('/tenants/:tenant/try', tryRequest),
  get('/tenants/:tenant/deletions', deletionsOfTenant),
  get('/tenants/:tenant/deletions/:id', deletionPage),
  get('/tenants/:tenant/deletions/:id/events', deletionEvents),
  get('/tenants/:tenant/deletions/:id/ids', deletionIds),
  post('/tenants/:tenant/deletions/:id/decide', decide, 'operator'),
  get('/deletions', allDeletions),
  get('/deletions/fuse', fusePage),
  post('/deletions/fuse', resetFuse, 'owner'),
  get('/deletions/export', exportDeletions),
  get('/tenants/:tenant/export', exportDeletions),
  get('/alarms', alarmsPage),
  post('/alarms/test', testAlarm, 'operator'),
  get('/audit', audit),
];
