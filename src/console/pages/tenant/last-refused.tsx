/** The requests of a tenant that were refused last: which, when, and why. */
import type { components } from '../../../client/generated/openapi.ts';
import { Empty, Section, Table } from '../../view/parts.tsx';
import { Ago, counted, Id, Name } from '../../view/text.tsx';
import { codeWords } from './refusals.tsx';

type Refused = components['schemas']['RefusedRequest'];

const SHOWN = 10;

const COLUMNS = [{ text: 'When' }, { text: 'Reason' }, { text: 'Request' }, { text: 'Token' }];

interface LastRefusedOptions {
  readonly requests: readonly Refused[];
  readonly nowMs: number;
}

export function LastRefused({ requests, nowMs }: LastRefusedOptions) {
  const more = requests.slice(SHOWN);
  return (
    <Section
      title="Requests that were refused last"
      id="last-refused"
      lead="Those whose token could be verified. They show within some seconds; the gateway’s log has all of them."
      live
    >
      {requests.length === 0 ? (
        <Empty>No request was refused.</Empty>
      ) : (
        <Requests requests={requests.slice(0, SHOWN)} nowMs={nowMs} />
      )}
      {more.length > 0 && (
        <details class="numbers">
          <summary>{counted(more.length, 'more', 'more')}</summary>
          <Requests requests={more} nowMs={nowMs} />
        </details>
      )}
    </Section>
  );
}

const Requests = ({ requests, nowMs }: LastRefusedOptions) => (
  <Table caption="Requests that were refused last" columns={COLUMNS}>
    {requests.map((request) => (
      <tr>
        <td>
          <Ago at={request.refused_at} nowMs={nowMs} />
        </td>
        <th scope="row">
          {request.title ?? codeWords(request.code)}
          <code class="under">{request.code}</code>
          {reasonsOf(request).map((reason) => (
            <span class="under">{reason}</span>
          ))}
        </th>
        <td>
          {request.method} <code>{request.route}</code>
          <span class="under">
            <Id>{request.request_id}</Id>
          </span>
        </td>
        <td>
          <Name>{request.token_name ?? request.token}</Name>
        </td>
      </tr>
    ))}
  </Table>
);

/** What the code does not say. */
function reasonsOf({ attr, missing_scopes: scopes, origin, limit, token }: Refused): string[] {
  return [
    ...(attr === null ? [] : [`at ${attr}`]),
    ...(scopes === null ? [] : [`lacks ${scopes.join(', ')}`]),
    ...(origin === null ? [] : [`from ${origin}`]),
    ...(limit === null
      ? []
      : [`limit of ${limit === 'tenant' ? 'the tenant' : limit === token ? 'the token' : limit}`]),
  ];
}
