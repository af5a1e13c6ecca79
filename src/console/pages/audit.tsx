/** The audit log: everything that operators changed. */
import type { components, operations } from '../../client/generated/openapi.ts';
import { HedgerowError } from '../../client/hedgerow-error.ts';
import { CHANGE_OUTCOMES } from '../../contract/operators/audit.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { differences, shown } from '../forms/record.ts';
import { cursorIn } from '../gateway/usage.ts';
import { pathTo, withQuery, type Page, type Show, type Visit } from '../page.ts';
import { actionWords } from '../words/action.ts';
import { codeWords } from './tenant/refusals.tsx';
import { Refused } from './problem.tsx';
import { Badge, Empty, More, Section, Table, type Tone } from '../view/parts.tsx';
import { At, Id, Name } from '../view/text.tsx';

type Change = components['schemas']['OperatorChange'];
type Query = NonNullable<operations['admin_list_changes']['parameters']['query']>;
type Outcome = (typeof CHANGE_OUTCOMES)[number];

const FILTERS = ['operator', 'tenant', 'outcome'] as const;
const ROWS = 50;

const isOutcome = (text: string): text is Outcome => CHANGE_OUTCOMES.some((outcome) => outcome === text);

function queryOf({ searchParams }: URL): Query {
  const given = (name: string): string => searchParams.get(name)?.trim() ?? '';
  const outcome = given('outcome');
  return {
    limit: ROWS,
    ...(given('operator') === '' ? {} : { operator: given('operator') }),
    ...(given('tenant') === '' ? {} : { tenant: given('tenant') }),
    ...(isOutcome(outcome) ? { outcome } : {}),
    ...(given('cursor') === '' ? {} : { cursor: given('cursor') }),
  };
}

/** `GET /audit` */
export const audit: Show = async (visit): Promise<Page> => {
  const list = await found(visit);
  const { results, next, error } = list;
  const again = Object.fromEntries(FILTERS.map((name) => [name, visit.url.searchParams.get(name) ?? '']));
  return {
    kind: 'page',
    status: error?.status ?? 200,
    title: 'Audit log',
    area: 'audit',
    body: (
      <>
        <Filters url={visit.url} />
        {error !== null && <Refused error={error} />}
        <Section
          title="What operators changed"
          id="changes"
          aside={<span class="muted">newest first, times in UTC</span>}
          live
        >
          {results.length === 0 ? (
            <Empty>No change matches.</Empty>
          ) : (
            <Table caption="What operators changed" columns={COLUMNS}>
              {results.map((change) => (
                <Row change={change} nowMs={visit.nowMs} />
              ))}
            </Table>
          )}
          <More href={next === null ? null : withQuery('/audit', { ...again, cursor: next })} />
        </Section>
      </>
    ),
  };
};

interface Found {
  readonly results: readonly Change[];
  readonly next: string | null;
  readonly error: HedgerowError | null;
}

async function found({ gateway, url }: Visit): Promise<Found> {
  try {
    const { data } = await gateway.GET('/admin/v1/audit', { params: { query: queryOf(url) } });
    return { results: data.results, next: cursorIn(data.next), error: null };
  } catch (error) {
    if (error instanceof HedgerowError && error.status === 400) return { results: [], next: null, error };
    throw error;
  }
}

const COLUMNS = [
  { text: 'When' },
  { text: 'Who' },
  { text: 'What' },
  { text: 'Outcome' },
  { text: 'Change' },
  { text: 'Request' },
];

const TONES: Readonly<Record<Outcome, Tone>> = { made: 'good', refused: 'warning', unknown: 'bad' };

function Row({ change, nowMs }: { readonly change: Change; readonly nowMs: number }) {
  const { at, operator, role, action, tenant, subject, outcome, code, request_id: request } = change;
  return (
    <tr>
      <td>
        <At at={at} nowMs={nowMs} />
      </td>
      <th scope="row">
        <Name>{operator}</Name>
        <span class="under">{role}</span>
      </th>
      <td>
        {actionWords(action)}
        {tenant !== null && (
          <>
            {' '}
            <a href={pathTo('tenants', tenant)}>
              <Name>{tenant}</Name>
            </a>
          </>
        )}
        {subject !== null && (
          <span class="under">
            <Id>{subject}</Id>
          </span>
        )}
      </td>
      <td>
        <Badge tone={TONES[outcome]}>{outcome}</Badge>
        {code !== null && <span class="under">{codeWords(code)}</span>}
      </td>
      <td>
        <Members change={change} />
      </td>
      <td>
        <Id>{request}</Id>
      </td>
    </tr>
  );
}

/** Members that the gateway writes with every record. */
const SHOWN_MAX = 6;

function Members({ change: { before, after } }: { readonly change: Change }) {
  const members = differences(objectOf(before), objectOf(after));
  if (members.length === 0) return null;
  const rows = members.map(({ title, before: was, after: is }) => (
    <li>
      <span class="muted">{title}:</span> {was !== undefined && <bdi class="was">{shown(was)}</bdi>}{' '}
      <bdi>{shown(is)}</bdi>
    </li>
  ));
  if (members.length <= SHOWN_MAX) return <ul class="plain">{rows}</ul>;
  return (
    <details>
      <summary>{members.length} members</summary>
      <ul class="plain">{rows}</ul>
    </details>
  );
}

const objectOf = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});

function Filters({ url }: { readonly url: URL }) {
  const given = (name: string): string => url.searchParams.get(name) ?? '';
  return (
    <form method="get" class="filters" role="search" aria-label="Changes">
      <div class="field">
        <label for="operator">Operator</label>
        <input
          id="operator"
          name="operator"
          value={given('operator')}
          autocomplete="off"
          spellcheck={false}
        />
      </div>
      <div class="field">
        <label for="tenant">Tenant</label>
        <input id="tenant" name="tenant" value={given('tenant')} autocomplete="off" spellcheck={false} />
      </div>
      <div class="field">
        <label for="outcome">Outcome</label>
        <select id="outcome" name="outcome">
          <option value="">any</option>
          {CHANGE_OUTCOMES.map((outcome) => (
            <option value={outcome} selected={given('outcome') === outcome}>
              {outcome}
            </option>
          ))}
        </select>
      </div>
      <button>Filter</button>
    </form>
  );
}
