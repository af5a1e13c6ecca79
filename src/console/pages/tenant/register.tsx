/** Registering a tenant. */
import type { Child } from 'hono/jsx';
import { HedgerowError } from '../../../client/hedgerow-error.ts';
import { TenantId } from '../../../core/ids.ts';
import type { JsonObject } from '../../../core/json.ts';
import { DEFAULT_RATE } from '../../../policy/grant.ts';
import { DEFAULT_PERSONS_PER_DAY } from '../../../policy/delete-rules.ts';
import { issuesOf, type Issues } from '../../forms/check.ts';
import { recordOf } from '../../forms/record.ts';
import { TenantFields } from '../../forms/tenant-form.tsx';
import { elsewhere, pathTo, withQuery, type Act, type Page, type Show, type SignedIn } from '../../page.ts';
import { Refused } from '../problem.tsx';
import { Note } from '../../view/parts.tsx';

/** What most tenants begin with: reading, and nothing else. */
const BEGIN: JsonObject = {
  scopes: ['person:read'],
  rate: DEFAULT_RATE,
  weight: 1,
  deletes: { persons_per_day: DEFAULT_PERSONS_PER_DAY, events: false, recordings: false, hold_seconds: 0 },
  reads: { remember_seconds: 0 },
  split_out_of_slice: false,
  origins: [],
  own_origins: { max: 0, patterns: [], localhost: false },
};

const NO_ISSUES: Issues = new Map();

const TAKEN = 'is the name of a tenant that is registered';

interface RegisterPage {
  readonly id: string;
  readonly record: JsonObject;
  readonly issues: Issues;
  readonly error?: HedgerowError;
}

/** The way to the form, for operators who may register. */
export const registering = ({ role }: SignedIn): Child =>
  role === 'owner' ? (
    <a class="button primary" href="/tenants/new">
      Register a tenant
    </a>
  ) : undefined;

/** `GET /tenants/new` */
export const registerForm: Show = async ({ operator }) =>
  registerPage({ id: '', record: BEGIN, issues: NO_ISSUES }, operator.role !== 'owner');

function registerPage({ id, record, issues, error }: RegisterPage, isLocked = false): Page {
  const wrong = issues.get('tenant');
  return {
    kind: 'page',
    status: issues.size > 0 || error !== undefined ? 422 : 200,
    title: 'Register a tenant',
    area: 'tenants',
    trail: [{ text: 'Tenants', href: '/tenants' }],
    body: (
      <form method="post" class="card form" novalidate>
        {error !== undefined && <Refused error={error} />}
        {issues.size > 0 && <Note tone="bad" title="Some fields do not fit. Nothing was registered." />}
        {isLocked && <Note tone="plain" title="Only an owner registers a tenant." />}
        <fieldset class="group" disabled={isLocked}>
          <legend>Tenant</legend>
          <div class="group-fields">
            <div class="field">
              <label for="tenant">Name in paths</label>
              <input
                id="tenant"
                name="tenant"
                value={id}
                required
                maxlength={63}
                autocomplete="off"
                spellcheck={false}
                aria-describedby="tenant-help"
                aria-invalid={wrong === undefined ? undefined : 'true'}
              />
              <p class={wrong === undefined ? 'help' : 'help wrong'} id="tenant-help">
                {wrong ?? '1 to 63 of a-z, 0-9 and -. It cannot be changed later.'}
              </p>
            </div>
          </div>
        </fieldset>
        <TenantFields record={record} issues={issues} isLocked={isLocked} />
        {!isLocked && (
          <div class="actions">
            <button class="primary">Register</button>
            <a class="button" href="/tenants">
              Cancel
            </a>
          </div>
        )}
      </form>
    ),
  };
}

/** `POST /tenants/new` */
export const register: Act = async ({ gateway }, form) => {
  const id = form.text('tenant').trim();
  const record = recordOf(form, {});
  const tenant = TenantId.safeParse(id);
  const issues = new Map(issuesOf(record));
  if (!tenant.success) issues.set('tenant', tenant.error.issues[0]?.message ?? 'does not fit');
  if (issues.size > 0 || !tenant.success) return registerPage({ id, record, issues });
  try {
    await gateway.fetch(`/admin/v1/tenants/${tenant.data}`, {
      method: 'PUT',
      // A tenant that is there stays as it is, also one that somebody registers at this moment.
      headers: { 'Content-Type': 'application/json', 'If-None-Match': '*' },
      body: JSON.stringify(record),
    });
  } catch (error) {
    if (!(error instanceof HedgerowError)) throw error;
    if (error.status === 412) return registerPage({ id, record, issues: new Map([['tenant', TAKEN]]) });
    if (error.status !== 400) throw error;
    return registerPage({ id, record, issues: new Map([[error.attr ?? '', error.message]]), error });
  }
  return elsewhere(withQuery(pathTo('tenants', tenant.data), { done: 'registered' }));
};
