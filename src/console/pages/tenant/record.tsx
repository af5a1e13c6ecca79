/** The record of a tenant: the form, the change before it is saved, and what somebody else has changed meanwhile. */
import { HedgerowError } from '../../../client/hedgerow-error.ts';
import { isJsonObject, parseJson, type JsonObject } from '../../../core/json.ts';
import { issuesOf, type Issues } from '../../forms/check.ts';
import { differences, patchOf, rebased, recordOf, shown, type Difference } from '../../forms/record.ts';
import { TenantFields } from '../../forms/tenant-form.tsx';
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
import { Refused } from '../problem.tsx';
import { Empty, Note, Section, Table } from '../../view/parts.tsx';
import { readTenant, tenantFrame } from './frame.tsx';

/** What somebody has in a form: the record that it began with, its tag, and the record that is asked for. */
interface Draft {
  readonly base: JsonObject;
  readonly etag: string;
  readonly record: JsonObject;
}

const NO_ISSUES: Issues = new Map();

/** `GET /tenants/:tenant/record` */
export const recordForm: Show = async (visit) => {
  const { tenant, etag } = await readTenant(visit);
  return formPage(visit, { base: tenant, etag, record: tenant }, NO_ISSUES, null);
};

async function formPage(
  visit: Visit,
  draft: Draft,
  issues: Issues,
  error: HedgerowError | null,
): Promise<Page> {
  const { tenant } = await readTenant(visit);
  const isLocked = visit.operator.role !== 'owner';
  return tenantFrame({
    visit,
    tenant,
    tab: 'record',
    status: issues.size > 0 || error !== null ? 422 : 200,
    body: (
      <form
        method="post"
        action={pathTo('tenants', visit.part('tenant'), 'review')}
        class="card form"
        novalidate
      >
        {error !== null && <Refused error={error} />}
        {issues.size > 0 && <Note tone="bad" title="Some fields do not fit. Nothing was changed." />}
        {isLocked && <Note tone="plain" title="Only an owner changes a record." />}
        <HiddenDraft draft={{ ...draft, record: null }} />
        <TenantFields record={draft.record} issues={issues} isLocked={isLocked} />
        {!isLocked && (
          <div class="actions">
            <button class="primary">Show the change</button>
          </div>
        )}
      </form>
    ),
  });
}

/** What the next step has to know. It comes back as it was sent, or is somebody's own doing. */
function HiddenDraft({
  draft: { base, etag, record },
}: {
  readonly draft: Omit<Draft, 'record'> & { record: JsonObject | null };
}) {
  return (
    <>
      <input type="hidden" name="etag" value={etag} />
      <input type="hidden" name="base" value={JSON.stringify(base)} />
      {record !== null && <input type="hidden" name="record" value={JSON.stringify(record)} />}
    </>
  );
}

function draftOf(form: Form): Draft {
  const base = objectIn(form.text('base'));
  const record = form.text('record');
  return { base, etag: form.text('etag'), record: record === '' ? recordOf(form, base) : objectIn(record) };
}

function objectIn(text: string): JsonObject {
  const value = parseJson(text);
  return isJsonObject(value) ? value : {};
}

/** `POST /tenants/:tenant/review`: changes nothing. */
export const reviewRecord: Act = async (visit, form) => {
  const draft = draftOf(form);
  const issues = issuesOf(draft.record);
  if (issues.size > 0) return formPage(visit, draft, issues, null);
  const { tenant, etag } = await readTenant(visit);
  if (etag !== draft.etag) return conflictPage(visit, draft);
  const changes = differences(draft.base, draft.record);
  return tenantFrame({
    visit,
    tenant,
    tab: 'record',
    body: (
      <Section
        title="The change"
        id="change"
        lead="It is true for the next request of every token that is out."
      >
        {changes.length === 0 ? <Empty>Nothing would change.</Empty> : <Changes changes={changes} />}
        <Widening changes={changes} />
        <div class="actions">
          {changes.length > 0 && (
            <form method="post" action={pathTo('tenants', visit.part('tenant'), 'record')}>
              <HiddenDraft draft={draft} />
              <button class="primary">Save</button>
            </form>
          )}
          <a class="button" href={pathTo('tenants', visit.part('tenant'), 'record')}>
            Back to the record
          </a>
        </div>
      </Section>
    ),
  });
};

const CHANGE_COLUMNS = [{ text: 'Member' }, { text: 'Now' }, { text: 'After' }];

export function Changes({ changes }: { readonly changes: readonly Difference[] }) {
  return (
    <Table caption="What would change" columns={CHANGE_COLUMNS}>
      {changes.map(({ title, before, after }) => (
        <tr>
          <th scope="row">{title}</th>
          <td class="was">
            <bdi>{shown(before)}</bdi>
          </td>
          <td class="becomes">
            <bdi>{shown(after)}</bdi>
          </td>
        </tr>
      ))}
    </Table>
  );
}

/** Some changes open more than they look like. */
function Widening({ changes }: { readonly changes: readonly Difference[] }) {
  const slice = changes.some(
    ({ path, before, after }) => path === 'slice.property' && before !== undefined && after === undefined,
  );
  return slice ? (
    <Note tone="warning" title="Without its slice, the tenant covers all persons of the project." />
  ) : null;
}

/** `POST /tenants/:tenant/record` */
export const saveRecord: Act = async (visit, form) => {
  const draft = draftOf(form);
  const tenant = visit.part('tenant');
  try {
    await visit.gateway.PATCH('/admin/v1/tenants/{tenant}', {
      params: { path: { tenant }, header: { 'If-Match': draft.etag } },
      body: patchOf(draft.base, draft.record),
    });
  } catch (error) {
    if (!(error instanceof HedgerowError)) throw error;
    if (error.status === 412) return conflictPage(visit, draft);
    if (error.status === 400) return formPage(visit, draft, issueOf(error), error);
    throw error;
  }
  return elsewhere(withQuery(pathTo('tenants', tenant), { done: 'saved' }));
};

const issueOf = ({ attr, message }: HedgerowError): Issues =>
  attr === null ? NO_ISSUES : new Map([[attr, message]]);

const CONFLICT_COLUMNS = [
  { text: 'Member' },
  { text: 'As you opened it' },
  { text: 'As it is now' },
  { text: 'As you want it' },
];

/** Somebody else was faster: all three side by side, and nothing is overwritten. */
async function conflictPage(visit: Visit, draft: Draft): Promise<Page> {
  const { tenant, etag } = await readTenant(visit);
  const theirs: JsonObject = tenant;
  const { base, record } = draft;
  const changedByThem = new Map(differences(base, theirs).map((one) => [one.path, one]));
  const changedByMe = new Map(differences(base, record).map((one) => [one.path, one]));
  const members = [...new Map([...changedByThem, ...changedByMe]).values()];
  return tenantFrame({
    visit,
    tenant,
    tab: 'record',
    status: 409,
    body: (
      <Section title="Somebody else has changed this record" id="conflict">
        <Note tone="warning" title="Nothing was saved." />
        <Table caption="What was changed by whom" columns={CONFLICT_COLUMNS}>
          {members.map(({ path, title, before }) => {
            const their = changedByThem.get(path);
            const mine = changedByMe.get(path);
            return (
              <tr>
                <th scope="row">{title}</th>
                <td>
                  <bdi>{shown(before)}</bdi>
                </td>
                <td class={their === undefined ? undefined : 'becomes'}>
                  <bdi>{shown(their === undefined ? before : their.after)}</bdi>
                </td>
                <td class={mine === undefined ? 'muted' : 'becomes'}>
                  <bdi>{mine === undefined ? 'as it is now' : shown(mine.after)}</bdi>
                </td>
              </tr>
            );
          })}
        </Table>
        <div class="actions">
          <form method="post" action={pathTo('tenants', visit.part('tenant'), 'review')}>
            <HiddenDraft draft={{ base: theirs, etag, record: rebased(base, record, theirs) }} />
            <button class="primary">Put my changes on top of it</button>
          </form>
          <a class="button" href={pathTo('tenants', visit.part('tenant'), 'record')}>
            Leave it as it is now
          </a>
        </div>
      </Section>
    ),
  });
}
