/** The tokens of a tenant: who was derived from whom, minting and revoking. */
import { HedgerowError } from '../../../client/hedgerow-error.ts';
import type { Token } from '../../../client/names.ts';
import { includesRole } from '../../../core/operators.ts';
import { cursorIn } from '../../gateway/usage.ts';
import {
  elsewhere,
  pathTo,
  withQuery,
  type Act,
  type Form,
  type Page,
  type Show,
  type Visit,
} from '../../page.ts';
import { narrowingWords } from '../../words/grant.ts';
import { Badge, Empty, More, Note, Section, Table } from '../../view/parts.tsx';
import { Ago, Id, Name } from '../../view/text.tsx';
import { readTenant, tenantFrame } from './frame.tsx';
import { Minted, MintForm } from './mint.tsx';
import { Done } from './tenant.tsx';
import { treeOf, type Branch } from './token-tree.ts';

const TOKENS_PER_PAGE = 500;

interface TokensPage {
  readonly error?: HedgerowError;
  readonly form?: Form;
}

/** `GET /tenants/:tenant/tokens` */
export const tokens: Show = async (visit) => tokensPage(visit, {});

async function tokensPage(visit: Visit, { error, form }: TokensPage): Promise<Page> {
  const { gateway, part, url, nowMs, operator } = visit;
  const path = { tenant: part('tenant') };
  const cursor = url.searchParams.get('cursor');
  const [{ tenant }, { data }] = await Promise.all([
    readTenant(visit),
    gateway.GET('/admin/v1/tenants/{tenant}/tokens', {
      params: { path, query: { limit: TOKENS_PER_PAGE, ...(cursor === null ? {} : { cursor }) } },
    }),
  ]);
  const next = cursorIn(data.next);
  const mayMint = includesRole(operator.role, 'operator');
  return tenantFrame({
    visit,
    tenant,
    tab: 'tokens',
    status: error?.status ?? 200,
    body: (
      <>
        <Done visit={visit} />
        <Section
          title="Tokens"
          id="tokens"
          lead="A token that was derived from another stands below it, and ends with it."
        >
          {data.results.length === 0 ? (
            <Empty>No token is out.</Empty>
          ) : (
            <TokenTable branches={treeOf(data.results)} visit={visit} nowMs={nowMs} mayRevoke={mayMint} />
          )}
          <More href={next === null ? null : withQuery(url.pathname, { cursor: next })} />
        </Section>
        {mayMint && <MintForm tenant={tenant} error={error} form={form} />}
      </>
    ),
  });
}

const COLUMNS = [
  { text: 'Token' },
  { text: 'Narrower by' },
  { text: 'Minted' },
  { text: 'Last used' },
  { text: 'Ends' },
  { text: 'Revoke', silent: true },
];

interface TableOptions {
  readonly branches: readonly Branch[];
  readonly visit: Visit;
  readonly nowMs: number;
  readonly mayRevoke: boolean;
}

function TokenTable({ branches, visit, nowMs, mayRevoke }: TableOptions) {
  return (
    <Table caption="Tokens of the tenant" columns={COLUMNS}>
      {branches.map(({ token, depth }) => (
        <tr class={token.revoked_at === null ? undefined : 'over'}>
          <th scope="row" class={`depth-${depth}`}>
            {depth > 0 && <span class="hidden">{`derived, ${depth} deep: `}</span>}
            <Name>{token.name}</Name>
            <span class="under">
              <Id>{token.id}</Id>
            </span>
          </th>
          <td>
            <ul class="plain">
              {narrowingWords(token.narrowing).map((words) => (
                <li>
                  <bdi>{words}</bdi>
                </li>
              ))}
            </ul>
            {token.actor !== null && (
              <span class="muted">
                for <Name>{token.actor}</Name>
              </span>
            )}
          </td>
          <td>
            <Ago at={token.issued_at} nowMs={nowMs} />
            {token.minted_by !== null && (
              <span class="muted under">
                by <Name>{token.minted_by}</Name>
              </span>
            )}
          </td>
          <td>
            {token.last_used_at === null ? (
              <span class="muted">never</span>
            ) : (
              <Ago at={token.last_used_at} nowMs={nowMs} />
            )}
          </td>
          <td>
            <End token={token} nowMs={nowMs} />
          </td>
          <td>
            {mayRevoke && token.revoked_at === null && (
              <a
                class="button small danger"
                href={pathTo('tenants', visit.part('tenant'), 'tokens', token.id, 'revoke')}
              >
                Revoke<span class="hidden"> {token.name}</span>
              </a>
            )}
          </td>
        </tr>
      ))}
    </Table>
  );
}

const SOON_MS = 7 * 86_400_000;

function End({ token, nowMs }: { readonly token: Token; readonly nowMs: number }) {
  if (token.revoked_at !== null) return <Badge tone="plain">revoked</Badge>;
  const isSoon =
    Date.parse(token.expires_at) - nowMs < SOON_MS && Date.parse(token.issued_at) + SOON_MS < nowMs;
  return isSoon ? (
    <Badge tone="warning">
      <Ago at={token.expires_at} nowMs={nowMs} />
    </Badge>
  ) : (
    <Ago at={token.expires_at} nowMs={nowMs} />
  );
}

/** `POST /tenants/:tenant/tokens`: the answer is the only place where the token is ever shown. */
export const mint: Act = async (visit, form) => {
  const path = { tenant: visit.part('tenant') };
  const { tenant } = await readTenant(visit);
  const scopes = tenant.scopes.filter((scope) => form.all('scopes').includes(scope));
  const actor = form.text('actor').trim();
  try {
    const { data } = await visit.gateway.POST('/admin/v1/tenants/{tenant}/tokens', {
      params: { path },
      body: {
        name: form.text('name').trim(),
        expires_in: Number(form.text('expires_in')),
        // All of them: as the tenant has it, also later.
        ...(scopes.length === tenant.scopes.length ? {} : { scopes }),
        ...(actor === '' ? {} : { actor }),
      },
    });
    return tenantFrame({
      visit,
      tenant,
      tab: 'tokens',
      title: 'The new token',
      body: (
        <Minted token={data.token} name={data.name} id={data.id} expires={data.expires_at} visit={visit} />
      ),
    });
  } catch (error) {
    if (error instanceof HedgerowError && error.status === 400) return tokensPage(visit, { error, form });
    throw error;
  }
};

/** `GET /tenants/:tenant/tokens/:id/revoke`: the question before it. */
export const revokeForm: Show = async (visit) => {
  const { tenant } = await readTenant(visit);
  const id = visit.part('id');
  return tenantFrame({
    visit,
    tenant,
    tab: 'tokens',
    title: 'Revoke this token?',
    body: (
      <Section title="What happens" id="revoke">
        <Note tone="warning">
          <p>
            <Id>{id}</Id> and everything derived from it is refused from the next request on. It cannot be
            taken back.
          </p>
        </Note>
        <form method="post" class="actions">
          <button class="danger">Revoke</button>
          <a class="button" href={pathTo('tenants', visit.part('tenant'), 'tokens')}>
            Keep it
          </a>
        </form>
      </Section>
    ),
  });
};

/** `POST /tenants/:tenant/tokens/:id/revoke` */
export const revoke: Act = async ({ gateway, part }) => {
  const path = { tenant: part('tenant'), id: part('id') };
  await gateway.DELETE('/admin/v1/tenants/{tenant}/tokens/{id}', { params: { path } });
  return elsewhere(withQuery(pathTo('tenants', path.tenant, 'tokens'), { done: 'revoked' }));
};
