/** Deletions of one tenant, or of all, with filters. */
import { HedgerowError } from '../../../client/hedgerow-error.ts';
import type { Deletion, Tenant } from '../../../client/names.ts';
import type { operations } from '../../../client/generated/openapi.ts';
import { DELETION_STATES } from '../../../contract/deletion.ts';
import { cursorIn } from '../../gateway/usage.ts';
import { pathTo, withQuery, type Page, type Show, type Visit } from '../../page.ts';
import { askerOf, whatOf } from '../../words/deletion.ts';
import { State } from '../overview/open-deletions.tsx';
import { Refused } from '../problem.tsx';
import { Empty, More, Section, Table } from '../../view/parts.tsx';
import { Ago, count, Id, Name } from '../../view/text.tsx';
import { readTenant, tenantFrame } from '../tenant/frame.tsx';

type Query = NonNullable<operations['admin_list_all_deletions']['parameters']['query']>;
type StateName = (typeof DELETION_STATES)[number];

/** What can be looked for, as the address of the page has it. */
export const FILTERS = ['state', 'from', 'to', 'person', 'distinct_id', 'token', 'request_id'] as const;

const isState = (text: string): text is StateName => DELETION_STATES.some((state) => state === text);

/** A day stands for its beginning. */
const timeOf = (day: string): string => (/^\d{4}-\d{2}-\d{2}$/.test(day) ? `${day}T00:00:00Z` : day);

/** The query of the gateway that the query of a page asks for. What is empty is left out. */
export function queryOf({ searchParams }: URL): Query {
  const given = (name: string): string => searchParams.get(name)?.trim() ?? '';
  const state = given('state');
  const text = (name: 'person' | 'distinct_id' | 'token' | 'request_id' | 'cursor') =>
    given(name) === '' ? {} : { [name]: given(name) };
  return {
    ...(isState(state) ? { state } : {}),
    ...(given('from') === '' ? {} : { from: timeOf(given('from')) }),
    ...(given('to') === '' ? {} : { to: timeOf(given('to')) }),
    ...text('person'),
    ...text('distinct_id'),
    ...text('token'),
    ...text('request_id'),
    ...text('cursor'),
  };
}

interface Found {
  readonly results: readonly Deletion[];
  readonly next: string | null;
  readonly error: HedgerowError | null;
}

/** A filter that does not fit is said beside the filters. */
async function found(
  read: () => Promise<{ readonly data: { results: readonly Deletion[]; next: string | null } }>,
): Promise<Found> {
  try {
    const { data } = await read();
    return { results: data.results, next: cursorIn(data.next), error: null };
  } catch (error) {
    if (error instanceof HedgerowError && error.status === 400) return { results: [], next: null, error };
    throw error;
  }
}

/** `GET /deletions` */
export const allDeletions: Show = async (visit): Promise<Page> => {
  const list = await found(() =>
    visit.gateway.GET('/admin/v1/deletions', { params: { query: queryOf(visit.url) } }),
  );
  return {
    kind: 'page',
    status: list.error?.status ?? 200,
    title: 'Deletions',
    area: 'deletions',
    actions: (
      <>
        <a class="button" href="/deletions/fuse">
          Fuse
        </a>
        <Export visit={visit} path="/deletions/export" />
      </>
    ),
    body: <List visit={visit} list={list} isOfAll />,
  };
};

/** `GET /tenants/:tenant/deletions`, also of a tenant that was removed. */
export const deletionsOfTenant: Show = async (visit) => {
  const path = { tenant: visit.part('tenant') };
  const [tenant, list] = await Promise.all([
    tenantIfThere(visit),
    found(() =>
      visit.gateway.GET('/admin/v1/tenants/{tenant}/deletions', {
        params: { path, query: queryOf(visit.url) },
      }),
    ),
  ]);
  return tenantFrame({
    visit,
    tenant,
    tab: 'deletions',
    status: list.error?.status ?? 200,
    actions: <Export visit={visit} path={pathTo('tenants', path.tenant, 'export')} />,
    body: <List visit={visit} list={list} isOfAll={false} />,
  });
};

export async function tenantIfThere(visit: Visit): Promise<Tenant | null> {
  try {
    return (await readTenant(visit)).tenant;
  } catch (error) {
    if (error instanceof HedgerowError && error.status === 404) return null;
    throw error;
  }
}

function Export({ visit, path }: { readonly visit: Visit; readonly path: string }) {
  const filters = Object.fromEntries(FILTERS.map((name) => [name, visit.url.searchParams.get(name) ?? '']));
  return (
    <a class="button" href={withQuery(path, filters)} download>
      Export CSV
    </a>
  );
}

interface ListOptions {
  readonly visit: Visit;
  readonly list: Found;
  readonly isOfAll: boolean;
}

function List({ visit, list: { results, next, error }, isOfAll }: ListOptions) {
  const { pathname, searchParams } = visit.url;
  const again = Object.fromEntries(FILTERS.map((name) => [name, searchParams.get(name) ?? '']));
  return (
    <>
      <Filters visit={visit} />
      {error !== null && <Refused error={error} />}
      <Section
        title={isOfAll ? 'Log of all tenants' : 'Log'}
        id="log"
        aside={<span class="muted">newest first{isOfAll && ', by tenant'}</span>}
        live
      >
        {results.length === 0 ? (
          <Empty>
            {next === null ? 'No deletion matches.' : 'None on this page; there are more to look through.'}
          </Empty>
        ) : (
          <Table caption="Deletions" columns={columnsOf(isOfAll)}>
            {results.map((entry) => (
              <Row entry={entry} isOfAll={isOfAll} nowMs={visit.nowMs} />
            ))}
          </Table>
        )}
        <More href={next === null ? null : withQuery(pathname, { ...again, cursor: next })} />
      </Section>
    </>
  );
}

const columnsOf = (isOfAll: boolean) => [
  { text: 'Deletion' },
  ...(isOfAll ? [{ text: 'Tenant' }] : []),
  { text: 'State' },
  { text: 'Asked for', number: true },
  { text: 'Sent', number: true },
  { text: 'Asked for by' },
  { text: 'When' },
];

function Row({
  entry,
  isOfAll,
  nowMs,
}: {
  readonly entry: Deletion;
  readonly isOfAll: boolean;
  readonly nowMs: number;
}) {
  return (
    <tr>
      <th scope="row">
        <a href={pathTo('tenants', entry.tenant, 'deletions', entry.id)}>
          <Id>{entry.id}</Id>
        </a>
        <span class="under">{whatOf(entry)}</span>
      </th>
      {isOfAll && (
        <td>
          <Name>{entry.tenant}</Name>
        </td>
      )}
      <td>
        <State entry={entry} />
      </td>
      <td class="number">{count(entry.asked)}</td>
      <td class="number">{count(entry.sent)}</td>
      <td>
        <Name>{askerOf(entry)}</Name>
      </td>
      <td>
        <Ago at={entry.intended_at} nowMs={nowMs} />
      </td>
    </tr>
  );
}

const TEXTS = [
  { name: 'person', label: 'Person (UUID)' },
  { name: 'distinct_id', label: 'Distinct id' },
  { name: 'token', label: 'Token' },
] as const;

function Filters({ visit: { url } }: { readonly visit: Visit }) {
  const given = (name: string): string => url.searchParams.get(name) ?? '';
  return (
    <form method="get" class="filters" role="search" aria-label="Deletions">
      <div class="field">
        <label for="state">State</label>
        <select id="state" name="state">
          <option value="">any</option>
          {DELETION_STATES.map((state) => (
            <option value={state} selected={given('state') === state}>
              {state}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for="from">From</label>
        <input id="from" name="from" type="date" value={given('from')} />
      </div>
      <div class="field">
        <label for="to">Before</label>
        <input id="to" name="to" type="date" value={given('to')} />
      </div>
      {TEXTS.map(({ name, label }) => (
        <div class="field">
          <label for={name}>{label}</label>
          <input id={name} name={name} value={given(name)} dir="auto" autocomplete="off" spellcheck={false} />
        </div>
      ))}
      <button>Filter</button>
    </form>
  );
}
