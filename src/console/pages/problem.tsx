/** Pages that say what is wrong, and where. */
import type { Child } from 'hono/jsx';
import { HedgerowError } from '../../client/hedgerow-error.ts';
import { logDefect } from '../log.ts';
import type { Page, Visit } from '../page.ts';
import { Note } from '../view/parts.tsx';

const page = (title: string, status: number, body: Child): Page => ({
  kind: 'page',
  title,
  status,
  area: null,
  body,
});

/** What a failure of the gateway, or a defect of the console, looks like. */
export function failurePage(error: unknown, visit: Visit | null): Page {
  if (error instanceof HedgerowError) return problemPage(error, visit);
  logDefect(error);
  return page(
    'The gateway cannot be reached',
    503,
    <Note tone="bad" title="The console asked the gateway over its service binding, and got no answer.">
      <p>
        Is the gateway deployed, and does GATEWAY in the console&rsquo;s wrangler.toml name it? The
        console&rsquo;s log has the error.
      </p>
      <Retry visit={visit} />
    </Note>,
  );
}

const TITLES: Readonly<Record<string, string>> = {
  not_configured: 'The gateway is not configured',
  state_unavailable: 'The gateway cannot reach its records',
  internal_error: 'The gateway failed',
  role_missing: 'Your role does not include this',
  record_unknown: 'There is no such record',
  approver_not_independent: 'Somebody else has to approve this',
  deletion_state_conflict: 'The deletion has gone on meanwhile',
};

function problemPage(error: HedgerowError, visit: Visit | null): Page {
  const { status, code, attr, message, requestId } = error;
  return page(
    TITLES[code] ?? 'The gateway refused this',
    status ?? 502,
    <>
      <Note tone="bad" title={message}>
        <Details code={code} attr={attr} requestId={requestId} status={status} />
        <Retry visit={visit} />
      </Note>
    </>,
  );
}

interface DetailsOptions {
  readonly code: string;
  readonly attr: string | null;
  readonly requestId: string | null;
  readonly status: number | null;
}

/** What to search the gateway's log for. */
export function Details({ code, attr, requestId, status }: DetailsOptions) {
  return (
    <dl class="facts">
      <div>
        <dt>Code</dt>
        <dd>
          <code>{code}</code>
          {status !== null && <span class="muted"> {status}</span>}
        </dd>
      </div>
      {attr !== null && (
        <div>
          <dt>Where</dt>
          <dd>
            <code>{attr}</code>
          </dd>
        </div>
      )}
      <div>
        <dt>Request</dt>
        <dd>{requestId === null ? 'The answer had no request id.' : <code class="id">{requestId}</code>}</dd>
      </div>
    </dl>
  );
}

function Retry({ visit }: { readonly visit: Visit | null }) {
  const to = visit === null || visit.request.method !== 'GET' ? '/' : visit.url.pathname + visit.url.search;
  return (
    <p>
      <a href={to}>{to === '/' ? 'To the overview' : 'Try again'}</a>
    </p>
  );
}

/** A form that the gateway refused: what it says, above the form. */
export const Refused = ({ error }: { readonly error: HedgerowError }) => (
  <Note tone="bad" title={error.message}>
    <Details code={error.code} attr={error.attr} requestId={error.requestId} status={error.status} />
  </Note>
);

export const notFoundPage = (): Page =>
  page('There is no such page', 404, <p>The areas of the console are beside this text.</p>);

export const misconfiguredPage = (): Page =>
  page(
    'The console is not configured',
    503,
    <Note tone="bad" title="A variable or the secret of the console is missing or wrong.">
      <p>
        Its log says which: <code>npx wrangler tail -c wrangler.console.toml</code>. The gateway goes on
        without the console.
      </p>
    </Note>,
  );

export const roleMissingPage = (needed: string, has: string): Page =>
  page(
    'Your role does not include this',
    403,
    <Note tone="bad" title={`This needs the role ${needed}, and you have the role ${has}.`}>
      <p>Nothing was changed. Roles stand in ADMIN_TOKENS of the gateway.</p>
    </Note>,
  );

export const formTooLongPage = (): Page =>
  page(
    'Nothing was changed',
    413,
    <Note tone="bad" title="The form that was sent is longer than any form of this console." />,
  );

export const originRefusedPage = (): Page =>
  page(
    'Nothing was changed',
    403,
    <Note tone="bad" title="The request does not come from a page of this console.">
      <p>
        <a href="/">Open the console</a> and make the change there.
      </p>
    </Note>,
  );
