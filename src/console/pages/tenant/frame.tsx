/** What every page of one tenant has: its name, where it stands, and the tabs. */
import type { Child } from 'hono/jsx';
import type { Tenant } from '../../../client/names.ts';
import { pathTo, type Page, type Visit } from '../../page.ts';
import { Badge, Tabs } from '../../view/parts.tsx';

const TABS = [
  { part: null, text: 'Overview' },
  { part: 'record', text: 'Record' },
  { part: 'tokens', text: 'Tokens' },
  { part: 'deletions', text: 'Deletions' },
  { part: 'try', text: 'Try a request' },
] as const;
export type TenantTab = (typeof TABS)[number]['part'];

interface TenantPageOptions {
  readonly visit: Visit;
  /** Null where it is no longer registered. */
  readonly tenant: Tenant | null;
  readonly tab: TenantTab;
  /** The page below the tab; the tenant itself where it is left out. */
  readonly title?: string;
  readonly actions?: Child;
  readonly status?: number;
  readonly address?: string;
  readonly body: Child;
}

/** A page below one tenant. */
export function tenantFrame({
  visit,
  tenant,
  tab,
  title,
  body,
  status = 200,
  ...more
}: TenantPageOptions): Page {
  const id = visit.part('tenant');
  const name = tenant?.name ?? id;
  const here = pathTo('tenants', id);
  return {
    kind: 'page',
    status,
    title: title ?? name,
    area: 'tenants',
    trail: [
      { text: 'Tenants', href: '/tenants' },
      ...(title === undefined ? [] : [{ text: name, href: here }]),
    ],
    ...more,
    body: (
      <>
        <p class="under-head">
          <code>{id}</code>
          {tenant === null && <Badge tone="plain">removed</Badge>}
          {tenant?.suspended === true && <Badge tone="warning">suspended</Badge>}
          {tenant !== null && <span class="muted">project {tenant.project_id}</span>}
        </p>
        <Tabs
          label={`Pages of ${name}`}
          tabs={TABS.map(({ part, text }) => ({
            href: part === null ? here : `${here}/${part}`,
            text,
            current: part === tab,
          }))}
        />
        {body}
      </>
    ),
  };
}

/** Its record, and the tag that a change of it has to name. */
export async function readTenant({
  gateway,
  part,
}: Visit): Promise<{ readonly tenant: Tenant; readonly etag: string }> {
  const { data, response } = await gateway.GET('/admin/v1/tenants/{tenant}', {
    params: { path: { tenant: part('tenant') } },
  });
  return { tenant: data, etag: response.headers.get('etag') ?? '' };
}
