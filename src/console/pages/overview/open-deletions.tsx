/** Deletions that wait for somebody, or whose end is not known. */
import type { Deletion } from '../../../client/names.ts';
import { stateWords } from '../../words/deletion.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { pathTo } from '../../page.ts';
import { Badge, Empty, Section, Table } from '../../view/parts.tsx';
import { Ago, count, Name } from '../../view/text.tsx';

/** Those that need somebody come first. */
const OPEN_STATES = ['held', 'sending', 'resolving', 'settling'] as const;
const SHOWN = 8;

export interface OpenDeletion {
  readonly entries: readonly Deletion[];
  readonly waiting: number;
  readonly unknown: number;
}

/** Looks for each state apart: most of a log has ended. */
export async function openDeletions(gateway: Gateway): Promise<OpenDeletion> {
  const found = await Promise.all(
    OPEN_STATES.map((state) =>
      gateway.GET('/admin/v1/deletions', { params: { query: { state, limit: 50 } } }),
    ),
  );
  const entries = found.flatMap(({ data }) => data.results);
  return {
    entries,
    waiting: entries.filter(isWaiting).length,
    unknown: entries.filter(({ chunks }) => chunks.unknown > 0).length,
  };
}

/** Does it wait for an operator to approve it? */
export const isWaiting = ({ awaits_approval: awaits }: Deletion): boolean => awaits;

const COLUMNS = [
  { text: 'Deletion' },
  { text: 'State' },
  { text: 'Persons', number: true },
  { text: 'Asked for' },
];

export function OpenDeletions({ open, nowMs }: { readonly open: OpenDeletion; readonly nowMs: number }) {
  const shown = open.entries.slice(0, SHOWN);
  return (
    <Section title="Open deletions" id="open" aside={<a href="/deletions">All deletions</a>} live>
      {shown.length === 0 ? (
        <Empty>Nothing is held, being sent or being looked for.</Empty>
      ) : (
        <Table caption="Open deletions" columns={COLUMNS}>
          {shown.map((entry) => (
            <tr>
              <th scope="row">
                <a href={pathTo('tenants', entry.tenant, 'deletions', entry.id)}>
                  <Name>{entry.tenant}</Name>
                </a>
                <span class="muted under">{entry.actor ?? entry.token_name ?? ''}</span>
              </th>
              <td>
                <State entry={entry} />
              </td>
              <td class="number">{count(entry.asked)}</td>
              <td>
                <Ago at={entry.intended_at} nowMs={nowMs} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Section>
  );
}

export function State({ entry }: { readonly entry: Deletion }) {
  const { text, tone } = stateWords(entry);
  return <Badge tone={tone}>{text}</Badge>;
}
