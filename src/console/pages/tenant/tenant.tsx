/** One tenant: what it may do, what it did, and what was refused. */
import type { Tenant } from '../../../client/names.ts';
import { usageOf } from '../../gateway/usage.ts';
import type { Page, Show, Visit } from '../../page.ts';
import { pathTo } from '../../page.ts';
import { scopeWords, tenantWords } from '../../words/grant.ts';
import { Note, Section } from '../../view/parts.tsx';
import { At } from '../../view/text.tsx';
import { readTenant, tenantFrame } from './frame.tsx';
import { LastRefused } from './last-refused.tsx';
import { OwnOriginsSection } from './own-origins.tsx';
import { RefusalCodes, RefusedDeletions } from './refusals.tsx';
import { StandingForms } from './standing.tsx';
import { UsageChart } from './usage-chart.tsx';

const HOURS = 24;
const DAYS = 30;
const REFUSALS = 10;
const ORIGIN_CHANGES = 5;

export const tenantPage: Show = async (visit: Visit): Promise<Page> => {
  const { gateway, part, nowMs } = visit;
  const path = { tenant: part('tenant') };
  const [{ tenant }, day, month, last, refused, own, changes] = await Promise.all([
    readTenant(visit),
    usageOf(gateway, path.tenant, { grain: 'hour', length: HOURS, nowMs }),
    usageOf(gateway, path.tenant, { grain: 'day', length: DAYS, nowMs }),
    gateway.GET('/admin/v1/tenants/{tenant}/refusals', { params: { path } }),
    gateway.GET('/admin/v1/tenants/{tenant}/deletions/refused', {
      params: { path, query: { limit: REFUSALS } },
    }),
    gateway.GET('/admin/v1/tenants/{tenant}/origins', { params: { path } }),
    gateway.GET('/admin/v1/tenants/{tenant}/origins/changes', {
      params: { path, query: { limit: ORIGIN_CHANGES } },
    }),
  ]);
  return tenantFrame({
    visit,
    tenant,
    tab: null,
    actions: <StandingForms visit={visit} tenant={tenant} />,
    body: (
      <>
        <Done visit={visit} />
        <div class="columns">
          <UsageChart id="day" title="Last 24 hours" usage={day} grain="hour" />
          <UsageChart id="month" title="Last 30 days" usage={month} grain="day" />
        </div>
        <div class="columns">
          <MayDo tenant={tenant} nowMs={nowMs} visit={visit} />
          <RefusalCodes usage={day} />
        </div>
        <OwnOriginsSection own={own.data} changes={changes.data.results} nowMs={nowMs} />
        <LastRefused requests={last.data.results} nowMs={nowMs} />
        <RefusedDeletions refused={refused.data} nowMs={nowMs} />
      </>
    ),
  });
};

function MayDo({
  tenant,
  nowMs,
  visit,
}: {
  readonly tenant: Tenant;
  readonly nowMs: number;
  readonly visit: Visit;
}) {
  return (
    <Section
      title="What it may do"
      id="may"
      aside={
        <a href={`${pathTo('tenants', visit.part('tenant'))}/record`}>
          {visit.operator.role === 'owner' ? 'Change' : 'Record'}
        </a>
      }
    >
      <ul class="scopes">
        {tenant.scopes.map((scope) => (
          <li>
            <code>{scope}</code>
            <span class="muted">{scopeWords(scope)}</span>
          </li>
        ))}
      </ul>
      <ul class="sentences">
        {tenantWords(tenant).map((sentence) => (
          <li>
            <bdi>{sentence}</bdi>
          </li>
        ))}
      </ul>
      <p class="muted small">
        Registered <At at={tenant.created_at} nowMs={nowMs} />, changed{' '}
        <At at={tenant.updated_at} nowMs={nowMs} /> (UTC).
      </p>
    </Section>
  );
}

const DONE: Readonly<Record<string, string>> = {
  registered: 'The tenant is registered. Mint a token for it next.',
  saved: 'The record is saved. It is true for the next request of every token that is out.',
  suspended: 'The tenant is suspended. Every request of its tokens is refused.',
  resumed: 'The tenant is no longer suspended.',
  revoked: 'The token is revoked, and so is everything derived from it.',
};

/** What was just done, where the page is shown after a change. */
export function Done({ visit }: { readonly visit: Visit }) {
  const done = visit.url.searchParams.get('done') ?? '';
  const text = Object.hasOwn(DONE, done) ? DONE[done] : undefined;
  return text === undefined ? null : <Note tone="good" title={text} />;
}
