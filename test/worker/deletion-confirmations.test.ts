/** Confirmations: which are refused and kept in mind, and which are asked for twice. */
import { beforeEach, describe, expect, test } from 'vitest';
import { ADA, BEN } from '../../src/sandbox/seed/names.ts';
import { until, type Answer } from '../support/client.ts';
import { problem } from '../support/problem.ts';
import { startStack } from '../support/stack.ts';

const { get, send, admin, sandbox, tenants } = await startStack();
const ACME = { slice: { property: 'tenant_id', value: 'acme' } };

beforeEach(async () => {
  await sandbox.reset();
});

interface Shown {
  readonly id: string;
  readonly preview: { readonly digest: string };
}
const preview = async (token: string, json: unknown): Promise<Shown> =>
  (await send('POST', '/v1/deletions?preview=true', { token, json })).json as Shown;
const confirm = (token: string, { id, preview: { digest } }: Shown): Promise<Answer> =>
  send('POST', `/v1/deletions/${id}/confirm`, { token, json: { digest } });
const keyed = (token: string, { id, preview: { digest } }: Shown, key: string): Promise<Answer> =>
  send('POST', `/v1/deletions/${id}/confirm`, {
    token,
    json: { digest },
    headers: { 'Idempotency-Key': key },
  });
const deletes = async () => (await sandbox.received()).filter(({ target }) => target.includes('bulk_delete'));
const sent = () => until('it is sent', async () => ((await deletes()).length > 0 ? true : undefined));
const refused = async (token: string) =>
  (
    (await get(token, '/v1/deletions/refused')).json as {
      results: readonly { code: string; asked: number; target: string }[];
    }
  ).results.map(({ code, asked, target }) => ({ code, asked, target }));

describe('A refused confirmation', () => {
  test('A confirmation that is refused by budget, grant or digest is among the refusals', async () => {
    const { tenant, token } = await tenants.fresh({ ...ACME, deletes: { persons_per_day: 2, events: true } });
    const shown = await preview(token, { ids: [ADA.uuid, BEN.uuid], delete_events: true });
    const wrong = { ...shown, preview: { digest: `sha256:${'0'.repeat(64)}` } };
    problem(await confirm(token, wrong), 'deletion_preview_changed', 'digest');
    await admin('PATCH', `/${tenant}`, { deletes: { persons_per_day: 1 } });
    problem(await confirm(token, shown), 'deletion_exceeds_budget');
    await admin('PATCH', `/${tenant}`, { deletes: { events: false } });
    problem(await confirm(token, shown), 'delete_flag_not_granted', 'delete_events');
    const asked = { asked: 2, target: 'uuids' };
    expect(await refused(token)).toEqual([
      { code: 'delete_flag_not_granted', ...asked },
      { code: 'deletion_exceeds_budget', ...asked },
      { code: 'deletion_preview_changed', ...asked },
    ]);
    expect(await deletes()).toEqual([]);
  });

  test('A filter that asks about what the token does not show is among the refusals', async () => {
    const { token } = await tenants.fresh({ ...ACME, properties: { hidden: ['email'] } });
    const answer = await send('POST', '/v1/deletions', { token, json: { filter: { email: 'a@x.test' } } });
    problem(answer, 'property_hidden', 'email');
    expect(await refused(token)).toMatchObject([{ code: 'property_hidden' }]);
    expect(await deletes()).toEqual([]);
  });
});

describe('A confirmation with an idempotency key', () => {
  test('The same confirmation with the same key is carried out once, and answered again', async () => {
    const { token } = await tenants.fresh();
    const shown = await preview(token, { ids: [ADA.uuid] });
    const first = await keyed(token, shown, '"one"');
    expect(first).toMatchObject({ status: 200, json: { id: shown.id } });
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    const again = await keyed(token, shown, '"one"');
    expect(again).toMatchObject({ status: 200, json: { id: shown.id } });
    expect(again.headers['idempotency-replayed']).toBe('true');
    problem(await confirm(token, shown), 'deletion_state_conflict');
    await sent();
    expect((await keyed(token, shown, '"one"')).status).toBe(200);
    expect(await deletes()).toHaveLength(1);
  });

  test('It is answered again where the record would not allow it any more, and only with its key', async () => {
    const { tenant, token } = await tenants.fresh({ deletes: { events: true } });
    const shown = await preview(token, { ids: [ADA.uuid], delete_events: true });
    const late = await preview(token, { ids: [BEN.uuid], delete_events: true });
    expect((await keyed(token, shown, '"one"')).status).toBe(200);
    await admin('PATCH', `/${tenant}`, { deletes: { events: false } });
    const again = await keyed(token, shown, '"one"');
    expect(again).toMatchObject({ status: 200, json: { id: shown.id } });
    expect(again.headers['idempotency-replayed']).toBe('true');
    problem(await keyed(token, late, '"two"'), 'delete_flag_not_granted', 'delete_events');
    problem(await confirm(token, shown), 'delete_flag_not_granted', 'delete_events');
    expect(await refused(token)).toMatchObject([
      { code: 'delete_flag_not_granted' },
      { code: 'delete_flag_not_granted' },
    ]);
    expect((await get(token, `/v1/deletions/${late.id}`)).json).toMatchObject({ state: 'previewed' });
  });

  test('A key stands for one request: a confirmation, or a deletion, and for no other', async () => {
    const { token } = await tenants.fresh();
    const [one, other] = [
      await preview(token, { ids: [ADA.uuid] }),
      await preview(token, { ids: [BEN.uuid] }),
    ];
    expect((await keyed(token, one, '"one"')).status).toBe(200);
    problem(await keyed(token, other, '"one"'), 'idempotency_key_reused', 'Idempotency-Key');
    const headers = { 'Idempotency-Key': '"one"' };
    const deletion = { token, json: { ids: [BEN.uuid] }, headers };
    problem(await send('POST', '/v1/deletions', deletion), 'idempotency_key_reused', 'Idempotency-Key');
    problem(await keyed(token, other, '"a b'), 'parameter_invalid', 'Idempotency-Key');
    expect((await get(token, `/v1/deletions/${other.id}`)).json).toMatchObject({ state: 'previewed' });
    await sent();
    expect(await deletes()).toHaveLength(1);
  });

  test('A key whose confirmation was refused stands for nothing, and confirms later', async () => {
    const { token } = await tenants.fresh();
    const shown = await preview(token, { ids: [ADA.uuid] });
    const wrong = { ...shown, preview: { digest: `sha256:${'0'.repeat(64)}` } };
    problem(await keyed(token, wrong, '"one"'), 'deletion_preview_changed', 'digest');
    expect(await keyed(token, shown, '"one"')).toMatchObject({ status: 200, json: { id: shown.id } });
  });
});
