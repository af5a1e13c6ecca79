/** Every page of the console, as data. */
import type { Act, Show } from '../page.ts';
import { overview } from './overview/overview.tsx';
import { register, registerForm } from './tenant/register.tsx';
import { tenants } from './tenant/list.tsx';
import { tenantPage } from './tenant/tenant.tsx';
import { recordForm, reviewRecord, saveRecord } from './tenant/record.tsx';
import { mint, revoke, revokeForm, tokens } from './tenant/tokens.tsx';
import { removeForm, remove, suspendOrResume } from './tenant/standing.tsx';

type PageRoute =
  | { readonly method: 'GET'; readonly path: string; readonly handler: Show }
  | { readonly method: 'POST'; readonly path: string; readonly handler: Act };

const get = (path: string, handler: Show): PageRoute => ({ method: 'GET', path, handler });
const post = (path: string, handler: Act): PageRoute => ({ method: 'POST', path, handler });

export const PAGES: readonly PageRoute[] = [
  get('/', overview),
  get('/tenants', tenants),
  get('/tenants/new', registerForm),
  post('/tenants/new', register),
  get('/tenants/:tenant', tenantPage),
  get('/tenants/:tenant/record', recordForm),
  post('/tenants/:tenant/review', reviewRecord),
  post('/tenants/:tenant/record', saveRecord),
  post('/tenants/:tenant/standing', suspendOrResume),
  get('/tenants/:tenant/remove', removeForm),
  post('/tenants/:tenant/remove', remove),
  get('/tenants/:tenant/tokens', tokens),
  post('/tenants/:tenant/tokens', mint),
  get('/tenants/:tenant/tokens/:id/revoke', revokeForm),
  post('/tenants/:tenant/tokens/:id/revoke', revoke),
];
