/** What would become of a request: would it be allowed, why not, and what would PostHog be sent. Nothing is sent. */
import { HedgerowError } from '../../../client/hedgerow-error.ts';
import type { Token } from '../../../client/names.ts';
import type { components } from '../../../client/generated/openapi.ts';
import { parseJson } from '../../../core/json.ts';
import type { Show, Visit } from '../../page.ts';
import { Refused } from '../problem.tsx';
import { Badge, Note, Section } from '../../view/parts.tsx';
import { counted } from '../../view/text.tsx';
import { readTenant, tenantFrame } from './frame.tsx';

type Explanation = components['schemas']['Explanation'];

const METHODS = ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'] as const;
type Method = (typeof METHODS)[number];
const isMethod = (text: string): text is Method => METHODS.some((method) => method === text);
const TOKENS_SHOWN = 200;

/** `GET /tenants/:tenant/try` */
export const tryRequest: Show = async (visit) => {
  const path = { tenant: visit.part('tenant') };
  const [{ tenant }, { data }, said] = await Promise.all([
    readTenant(visit),
    visit.gateway.GET('/admin/v1/tenants/{tenant}/tokens', {
      params: { path, query: { limit: TOKENS_SHOWN } },
    }),
    explain(visit),
  ]);
  return tenantFrame({
    visit,
    tenant,
    tab: 'try',
    status: said instanceof HedgerowError ? (said.status ?? 502) : 200,
    body: (
      <>
        <TryForm visit={visit} tokens={data.results} projectId={tenant.project_id} />
        {said instanceof HedgerowError ? <Refused error={said} /> : said !== null && <Answer said={said} />}
      </>
    ),
  });
};

async function explain({
  gateway,
  url: { searchParams },
  part,
}: Visit): Promise<Explanation | HedgerowError | null> {
  const asked = searchParams.get('path')?.trim() ?? '';
  if (asked === '') return null;
  const method = searchParams.get('method') ?? '';
  const token = searchParams.get('token') ?? '';
  const body = searchParams.get('body')?.trim() ?? '';
  if (body !== '' && parseJson(body) === undefined) return noJson();
  const query = {
    method: isMethod(method) ? method : 'GET',
    path: asked,
    ...(token === '' ? {} : { token }),
    ...(body === '' ? {} : { body }),
  };
  try {
    const answer = await gateway.fetch(
      `/admin/v1/tenants/${encodeURIComponent(part('tenant'))}/explain?${new URLSearchParams(query).toString()}`,
    );
    const said: unknown = await answer.json();
    return isExplanation(said) ? said : null;
  } catch (error) {
    if (error instanceof HedgerowError && error.status === 400) return error;
    throw error;
  }
}

/** The gateway answers nothing else there, and the compiler cannot know it of a query that was written by hand. */
const isExplanation = (value: unknown): value is Explanation =>
  typeof value === 'object' && value !== null && 'allowed' in value;

const noJson = (): HedgerowError =>
  new HedgerowError({
    status: 400,
    code: 'body_invalid',
    detail: 'The body is no JSON.',
    attr: 'body',
    requestId: null,
    retryAfterSeconds: null,
  });

interface TryFormOptions {
  readonly visit: Visit;
  readonly tokens: readonly Token[];
  readonly projectId: number;
}

function TryForm({ visit: { url }, tokens, projectId }: TryFormOptions) {
  const given = (name: string): string => url.searchParams.get(name) ?? '';
  return (
    <Section title="Request" id="request" lead="Nothing is sent to PostHog, and nothing is spent.">
      <form method="get" class="stack">
        <div class="filters">
          <div class="field">
            <label for="method">Method</label>
            <select id="method" name="method">
              {METHODS.map((method) => (
                <option value={method} selected={given('method') === method}>
                  {method}
                </option>
              ))}
            </select>
          </div>
          <div class="field wide">
            <label for="path">Path, with its query</label>
            <input
              id="path"
              name="path"
              required
              value={given('path') === '' ? `/api/projects/${projectId}/persons/?limit=10` : given('path')}
              autocomplete="off"
              spellcheck={false}
            />
          </div>
          <div class="field">
            <label for="token">As</label>
            <select id="token" name="token">
              <option value="">the tenant itself</option>
              {tokens
                .filter(({ revoked_at: revoked }) => revoked === null)
                .map(({ id, name }) => (
                  <option value={id} selected={given('token') === id}>
                    {name}
                  </option>
                ))}
            </select>
          </div>
        </div>
        <div class="field">
          <label for="body">Body (JSON)</label>
          <textarea id="body" name="body" rows={3} spellcheck={false}>
            {given('body')}
          </textarea>
        </div>
        <div class="actions">
          <button class="primary">Explain</button>
        </div>
      </form>
    </Section>
  );
}

function Answer({ said }: { readonly said: Explanation }) {
  const { allowed, operation, reason, first, would_send: sent, deletion_budgets: budgets, fuse } = said;
  return (
    <Section title="Verdict" id="answer" aside={operation === null ? undefined : <code>{operation}</code>}>
      <p class="state-line">
        <Badge tone={allowed ? 'good' : 'bad'}>{allowed ? 'allowed' : 'refused'}</Badge>
        {reason !== null && (
          <span>
            <code>{reason.code}</code>
            {reason.attr !== null && (
              <>
                {' '}
                at <code>{reason.attr}</code>
              </>
            )}
          </span>
        )}
      </p>
      {reason !== null && <p>{reason.detail}</p>}
      {first !== null && <p>{first}</p>}
      {fuse !== null && <Note tone="warning" title={fuse} />}
      {budgets !== null && (
        <ul class="sentences">
          {budgets.map(({ holder, remaining, persons_per_day: day }) => (
            <li>
              {holder === 'tenant' ? 'The tenant' : holder} has {counted(remaining, 'person')} left of{' '}
              {counted(day, 'person')} a day.
            </li>
          ))}
        </ul>
      )}
      {sent !== null && (
        <>
          <h3>PostHog would be sent</h3>
          <pre tabindex={0}>
            {[
              `${sent.method} ${sent.path}`,
              ...Object.entries(sent.query).map(([name, value]) => `  ${name}=${value}`),
              ...(sent.body === null ? [] : [JSON.stringify(sent.body, null, 2)]),
            ].join('\n')}
          </pre>
        </>
      )}
    </Section>
  );
}
