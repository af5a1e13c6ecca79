/** Web origins that a tenant added itself. */
import type { components } from '../../../client/generated/openapi.ts';
import { ownOriginsWords } from '../../words/grant.ts';
import { Badge, Empty, Section, Table } from '../../view/parts.tsx';
import { Ago, At, Id, Name } from '../../view/text.tsx';

type OwnOrigins = components['schemas']['OwnOrigins'];
type OriginChange = components['schemas']['OriginChange'];

interface OwnOriginsOptions {
  readonly own: OwnOrigins;
  readonly changes: readonly OriginChange[];
  readonly nowMs: number;
}

const COLUMNS = [{ text: 'Origin' }, { text: 'Added' }, { text: 'By the token' }];
const CHANGE_COLUMNS = [
  { text: 'When' },
  { text: 'Added' },
  { text: 'Removed' },
  { text: 'By the token' },
  { text: 'Minted by' },
];

/** Nothing is shown of a tenant that may add none and has added none. */
export function OwnOriginsSection({ own, changes, nowMs }: OwnOriginsOptions) {
  const { rules, origins, development_until: until } = own;
  if (rules.max === 0 && !rules.localhost && origins.length === 0 && changes.length === 0) return null;
  return (
    <Section title="Web pages of its own" id="own-origins" lead={ownOriginsWords(rules).join(' ')}>
      {until !== null && (
        <p>
          Pages on localhost may use its tokens until <At at={until} nowMs={nowMs} /> (UTC).
        </p>
      )}
      {origins.length === 0 ? (
        <Empty>It has added no web page.</Empty>
      ) : (
        <Table caption="Web origins that the tenant added" columns={COLUMNS}>
          {origins.map(({ origin, in_force: inForce, added_at: at, added_by: token }) => (
            <tr>
              <th scope="row">
                <Name>{origin}</Name> {!inForce && <Badge tone="warning">not allowed any more</Badge>}
              </th>
              <td>
                <Ago at={at} nowMs={nowMs} />
              </td>
              <td>
                <Id>{token}</Id>
              </td>
            </tr>
          ))}
        </Table>
      )}
      {changes.length > 0 && (
        <Table caption="How it changed them last" columns={CHANGE_COLUMNS}>
          {changes.map((change) => (
            <tr>
              <td>
                <Ago at={change.at} nowMs={nowMs} />
              </td>
              <td>
                <Name>{textOf(change.added)}</Name>
              </td>
              <td>
                <Name>{textOf(change.removed)}</Name>
              </td>
              <td>
                <Name>{change.actor ?? change.token_name ?? change.token}</Name>
              </td>
              <td>{change.minted_by ?? '—'}</td>
            </tr>
          ))}
        </Table>
      )}
    </Section>
  );
}

const textOf = (origins: readonly string[]): string => (origins.length === 0 ? '—' : origins.join(', '));
