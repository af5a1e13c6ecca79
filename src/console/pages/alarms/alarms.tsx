/** All alarms of the gateway, and a test of the way to its operator. */
import type { operations } from '../../../client/generated/openapi.ts';
import { ALARM_KINDS, type AlarmKind } from '../../../core/alarms/condition.ts';
import { includesRole } from '../../../core/operators.ts';
import { cursorIn } from '../../gateway/usage.ts';
import { withQuery, type Act, type Page, type Show, type SignedIn, type Visit } from '../../page.ts';
import { kindWords, testWords, type Test } from '../../words/alarm.ts';
import { Empty, More, Note, Section } from '../../view/parts.tsx';
import { AlarmList } from './alarm-list.tsx';

type Query = NonNullable<operations['admin_list_alarms']['parameters']['query']>;

const ROWS = 50;

const isKind = (text: string): text is AlarmKind => ALARM_KINDS.some((kind) => kind === text);

/** `GET /alarms` */
export const alarmsPage: Show = async (visit) => page(visit, null);

/** `POST /alarms/test` */
export const testAlarm: Act = async (visit) => {
  const { data } = await visit.gateway.POST('/admin/v1/alarms/test');
  return page(visit, data);
};

async function page({ gateway, url, operator, nowMs }: Visit, test: Test | null): Promise<Page> {
  const kind = url.searchParams.get('kind') ?? '';
  const cursor = url.searchParams.get('cursor');
  const query: Query = {
    limit: ROWS,
    ...(isKind(kind) ? { kind } : {}),
    ...(cursor === null ? {} : { cursor }),
  };
  const { data } = await gateway.GET('/admin/v1/alarms', { params: { query } });
  const next = cursorIn(data.next);
  return {
    kind: 'page',
    title: 'Alarms',
    area: 'overview',
    trail: [{ text: 'Overview', href: '/' }],
    address: withQuery('/alarms', { kind, cursor: cursor ?? undefined }),
    actions: <TestButton operator={operator} />,
    body: (
      <>
        {test !== null && <Tested test={test} />}
        <Kinds kind={kind} />
        <Section
          title="What the gateway has noticed"
          id="alarms"
          lead="Of the last 30 days, newest first. What is the same is one alarm with a count."
          live
        >
          {data.results.length === 0 ? (
            <Empty>No alarm was raised.</Empty>
          ) : (
            <AlarmList alarms={data.results} nowMs={nowMs} />
          )}
          <More href={next === null ? null : withQuery('/alarms', { kind, cursor: next })} />
        </Section>
      </>
    ),
  };
}

/** Sends a message that says nothing is wrong. For those who may. */
export function TestButton({ operator }: { readonly operator: SignedIn }) {
  if (!includesRole(operator.role, 'operator')) return null;
  return (
    <form method="post" action="/alarms/test">
      <button>Send a test alarm</button>
    </form>
  );
}

function Tested({ test }: { readonly test: Test }) {
  const { text, tone } = testWords(test);
  return <Note tone={tone} title={text} />;
}

const Kinds = ({ kind }: { readonly kind: string }) => (
  <form method="get" class="filters" role="search" aria-label="Alarms">
    <div class="field">
      <label for="kind">Kind</label>
      <select id="kind" name="kind">
        <option value="">any</option>
        {ALARM_KINDS.map((one) => (
          <option value={one} selected={one === kind}>
            {kindWords(one).text}
          </option>
        ))}
      </select>
    </div>
    <button>Filter</button>
  </form>
);
