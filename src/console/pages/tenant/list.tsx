/** All tenants, and those that were removed. */
import { registering } from './register.tsx';
import { cursorIn } from '../../gateway/usage.ts';
import { pathTo, withQuery, type Page, type Show, type Visit } from '../../page.ts';
import { Badge, Empty, More, Section, Table } from '../../view/parts.tsx';
import { Ago, Name } from '../../view/text.tsx';

const COLUMNS = [
  { text: 'Name' },
  { text: 'Tenant' },
  { text: 'Project', number: true },
  { text: 'Changed' },
  { text: 'Standing' },
];

export const tenants: Show = async ({ gateway, url, operator, nowMs }: Visit): Promise<Page> => {
  const removed = url.searchParams.get('removed') === 'true';
  const cursor = url.searchParams.get('cursor');
  const query = { ...(removed ? { removed: true } : {}), ...(cursor === null ? {} : { cursor }) };
  const { data } = await gateway.GET('/admin/v1/tenants', { params: { query } });
  const next = cursorIn(data.next);
  const all = removed ? 'true' : undefined;
  return {
    kind: 'page',
    title: 'Tenants',
    area: 'tenants',
    actions: registering(operator),
    body: (
      <Section
        title={removed ? 'All tenants' : 'Registered tenants'}
        id="tenants"
        aside={
          removed ? (
            <a href="/tenants">Without removed ones</a>
          ) : (
            <a href="/tenants?removed=true">With removed ones</a>
          )
        }
      >
        {data.results.length === 0 ? (
          <Empty>No tenant is registered.</Empty>
        ) : (
          <Table caption="Tenants" columns={COLUMNS}>
            {data.results.map(
              ({ tenant, name, project_id: project, suspended, updated_at: at, removed_at: gone }) => (
                <tr>
                  <th scope="row">
                    <a
                      href={
                        gone === null ? pathTo('tenants', tenant) : pathTo('tenants', tenant, 'deletions')
                      }
                    >
                      <Name>{name}</Name>
                    </a>
                  </th>
                  <td>
                    <code>{tenant}</code>
                  </td>
                  <td class="number">{project}</td>
                  <td>
                    <Ago at={gone ?? at} nowMs={nowMs} />
                  </td>
                  <td>
                    <Badge tone={gone !== null ? 'plain' : suspended ? 'warning' : 'good'}>
                      {gone !== null ? 'removed' : suspended ? 'suspended' : 'active'}
                    </Badge>
                  </td>
                </tr>
              ),
            )}
          </Table>
        )}
        <More href={next === null ? null : withQuery('/tenants', { cursor: next, removed: all })} />
      </Section>
    ),
  };
};
