/** Tenants with what they did within the last 24 hours. */
import type { components } from '../../../client/generated/openapi.ts';
import { cursorIn, usageOf, type UsageSum } from '../../gateway/usage.ts';
import { pathTo, withQuery, type Visit } from '../../page.ts';
import { Bars } from '../../view/chart.tsx';
import { Badge, Empty, More, Section, Table } from '../../view/parts.tsx';
import { clock, count, counted, Name } from '../../view/text.tsx';

type Summary = components['schemas']['TenantSummary'];

interface Row {
  readonly tenant: Summary;
  readonly usage: UsageSum;
}

export interface Listed {
  readonly rows: readonly Row[];
  readonly next: string | null;
}

/** Each is asked for its use, and a Worker may make so many calls at once. */
const TENANTS_PER_PAGE = 20;
const HOURS = 24;

export async function tenantRows({ gateway, nowMs, url }: Visit): Promise<Listed> {
  const cursor = url.searchParams.get('cursor');
  const { data } = await gateway.GET('/admin/v1/tenants', {
    params: { query: { limit: TENANTS_PER_PAGE, ...(cursor === null ? {} : { cursor }) } },
  });
  const rows = await Promise.all(
    data.results.map(async (tenant) => ({
      tenant,
      usage: await usageOf(gateway, tenant.tenant, { grain: 'hour', length: HOURS, nowMs }),
    })),
  );
  return { rows, next: cursorIn(data.next) };
}

const COLUMNS = [
  { text: 'Tenant' },
  { text: 'Project', number: true },
  { text: 'Requests' },
  { text: 'Refused' },
  { text: 'Persons deleted' },
];

export function TenantTable({
  listed: { rows, next },
  visit,
}: {
  readonly listed: Listed;
  readonly visit: Visit;
}) {
  return (
    <Section title="Tenants" id="tenants" aside={<span class="muted">last 24 hours, by the hour</span>} live>
      {rows.length === 0 ? (
        <Empty>
          No tenant is registered yet. A tenant is a partner, a frontend or a backend that gets tokens of its
          own.
        </Empty>
      ) : (
        <Table caption="Tenants, and what they did within 24 hours" columns={COLUMNS}>
          {rows.map((row) => (
            <TenantRow row={row} />
          ))}
        </Table>
      )}
      <More href={next === null ? null : withQuery(visit.url.pathname, { cursor: next })} />
    </Section>
  );
}

function TenantRow({ row: { tenant, usage } }: { readonly row: Row }) {
  return (
    <tr>
      <th scope="row">
        <a class="tenant" href={pathTo('tenants', tenant.tenant)}>
          <Name>{tenant.name}</Name>
          <span class="muted">{tenant.tenant}</span>
        </a>
        {tenant.suspended && <Badge tone="warning">suspended</Badge>}
      </th>
      <td class="number">{tenant.project_id}</td>
      <Spark usage={usage} member="admitted" what="requests" series="series-admitted" />
      <Spark usage={usage} member="refused" what="refusals" series="series-refused" />
      <Spark usage={usage} member="deleted" what="persons deleted" series="series-deleted" />
    </tr>
  );
}

interface SparkOptions {
  readonly usage: UsageSum;
  readonly member: 'admitted' | 'refused' | 'deleted';
  readonly what: string;
  readonly series: string;
}

function Spark({ usage, member, what, series }: SparkOptions) {
  const total = usage[member];
  const bars = usage.periods.map((period) => ({ label: clock(period.startsMs), parts: [period[member]] }));
  return (
    <td>
      <span class="spark">
        <span class="spark-total">{count(total)}</span>
        <Bars bars={bars} series={[series]} height={24} says={`${counted(total, what, what)} in 24 hours`} />
      </span>
    </td>
  );
}
