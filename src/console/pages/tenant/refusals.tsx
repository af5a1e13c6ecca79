/** How often which reason refused a tenant's requests, and the deletions that were refused. */
import type { components } from '../../../client/generated/openapi.ts';
import { FAILURES } from '../../../core/failure.ts';
import type { UsageSum } from '../../gateway/usage.ts';
import { Empty, Section, Table } from '../../view/parts.tsx';
import { Ago, count, Id, Name } from '../../view/text.tsx';

type Refused = components['schemas']['RefusedDeletion'];

const TITLES = new Map<string, string>(Object.entries(FAILURES).map(([code, { title }]) => [code, title]));

/** What a code means. */
export const codeWords = (code: string): string => TITLES.get(code) ?? 'PostHog refused it';

const CODE_COLUMNS = [{ text: 'Reason' }, { text: 'Requests', number: true }];

export function RefusalCodes({ usage }: { readonly usage: UsageSum }) {
  return (
    <Section title="Refused within 24 hours" id="codes" aside={<span class="muted">by reason</span>}>
      {usage.codes.length === 0 ? (
        <Empty>Nothing was refused.</Empty>
      ) : (
        <Table caption="Refused requests by reason" columns={CODE_COLUMNS}>
          {usage.codes.map(([code, times]) => (
            <tr>
              <th scope="row">
                {codeWords(code)}
                <code class="under">{code}</code>
              </th>
              <td class="number">{count(times)}</td>
            </tr>
          ))}
        </Table>
      )}
    </Section>
  );
}

const REFUSED_COLUMNS = [
  { text: 'When' },
  { text: 'Reason' },
  { text: 'Persons', number: true },
  { text: 'Asked for by' },
  { text: 'Request' },
];

interface RefusedOptions {
  readonly refused: {
    readonly results: readonly Refused[];
    readonly left_out: readonly { readonly count: number }[];
  };
  readonly nowMs: number;
}

export function RefusedDeletions({ refused: { results, left_out: leftOut }, nowMs }: RefusedOptions) {
  const more = leftOut.reduce((sum, { count: times }) => sum + times, 0);
  return (
    <Section
      title="Deletions that were refused last"
      id="refused"
      aside={more > 0 ? <span class="muted">{count(more)} more were not kept</span> : undefined}
    >
      {results.length === 0 ? (
        <Empty>No deletion was refused by the rules of a grant, a budget or a slice.</Empty>
      ) : (
        <Table caption="Deletions that were refused last" columns={REFUSED_COLUMNS}>
          {results.map(
            ({ refused_at: at, code, asked, actor, token_name: name, token, request_id: request }) => (
              <tr>
                <td>
                  <Ago at={at} nowMs={nowMs} />
                </td>
                <th scope="row">
                  {codeWords(code)}
                  <code class="under">{code}</code>
                </th>
                <td class="number">{count(asked)}</td>
                <td>
                  <Name>{actor ?? name ?? token}</Name>
                </td>
                <td>
                  <Id>{request}</Id>
                </td>
              </tr>
            ),
          )}
        </Table>
      )}
    </Section>
  );
}
