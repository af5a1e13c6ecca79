/** The operator's fuse over the deletions of all tenants, over real HTTP. */
import { describe, expect, test } from 'vitest';
import { ADA, BEN, CYD, seededUuid } from '../../src/sandbox/seed/names.ts';
import { together, until, type Answer } from '../support/client.ts';
import { problem } from '../support/problem.ts';
import { ADMIN_TOKEN } from '../support/secrets.ts';
import { startStack, type Stack } from '../support/stack.ts';

const FUSE = 6;
const fused = await startStack({ bindings: { DELETE_FUSE_PERSONS_PER_DAY: String(FUSE) } });
const crowded = await startStack({ bindings: { DELETE_FUSE_PERSONS_PER_DAY: '40' } });
const open = await startStack();

const bulk = ({ send }: Stack, token: string, ids: readonly string[]): Promise<Answer> =>
  send('POST', '/api/projects/1/persons/bulk_delete/', { token, json: { ids } });
const create = ({ send }: Stack, token: string, ids: readonly string[]): Promise<Answer> =>
  send('POST', '/v1/deletions', { token, json: { ids } });
const fuse = async ({ send }: Stack) =>
  (await send('GET', '/admin/v1/fuse', { token: ADMIN_TOKEN })).json as Readonly<Record<string, unknown>>;
const reset = ({ send }: Stack, json?: unknown) =>
  send('POST', '/admin/v1/fuse/reset', { token: ADMIN_TOKEN, ...(json === undefined ? {} : { json }) });
const explain = ({ send }: Stack, token: string, path = '/api/projects/1/persons/bulk_delete/') =>
  send('POST', '/v1/explain', { token, json: { method: 'POST', path, body: { ids: [ADA.uuid] } } });
const sentIds = async ({ sandbox }: Stack): Promise<string[]> =>
  (await sandbox.received())
    .filter(({ target }) => target.includes('bulk_delete'))
    .flatMap(({ body }) => (JSON.parse(body) as { ids: string[] }).ids);
const idOf = ({ headers }: Answer): string => headers['hedgerow-deletion'] ?? '';
const stateOf = async ({ get }: Stack, token: string, id: string) =>
  (await get(token, `/v1/deletions/${id}`)).json as { state: string };

describe('A gateway with a fuse', () => {
  test('Deletions go on until the fuse trips, are held then for every tenant in plain words, and go on after its reset', async () => {
    const [one, other] = [await fused.tenants.fresh(), await fused.tenants.fresh()];
    expect(await fuse(fused)).toEqual({
      persons_per_day: FUSE,
      remaining: FUSE,
      more_in_seconds: null,
      tripped: null,
      last_reset: null,
    });
    expect((await explain(fused, one.token)).json).toMatchObject({ allowed: true, fuse: null });
    expect(await bulk(fused, one.token, [ADA.uuid])).toMatchObject({
      status: 202,
      json: { persons_found: 1 },
    });
    expect(await fuse(fused)).toMatchObject({ remaining: FUSE - 1, tripped: null });

    // Two more than fit.
    const seven = Array.from({ length: 7 }, (_, i) => seededUuid(1, i + 10));
    const tripping = await bulk(fused, other.token, seven);
    const says = "The operator's fuse has tripped";
    expect(tripping).toMatchObject({
      status: 202,
      json: {
        persons_deleted: 0,
        persons_queued_for_deletion: 7,
        deletion: {
          id: idOf(tripping),
          state: 'held',
          last_problem: 'fuse',
          note: expect.stringContaining(says) as unknown,
        },
      },
    });
    expect(tripping.headers['retry-after']).toBeUndefined();
    const job = await create(fused, one.token, [BEN.uuid]);
    expect(job).toMatchObject({
      status: 202,
      json: { state: 'held', reason: 'fuse', note: expect.stringContaining(says) as unknown, attempts: 0 },
    });
    const single = await fused.send('DELETE', `/api/projects/1/persons/${CYD.uuid}/`, { token: one.token });
    expect(single).toMatchObject({
      status: 202,
      json: { deletion: { state: 'held', last_problem: 'fuse' } },
    });
    expect((await explain(fused, one.token)).json).toMatchObject({
      allowed: true,
      fuse: expect.stringContaining('has tripped') as unknown,
    });
    expect((await explain(fused, one.token, '/api/projects/1/persons/batch_by_uuids/')).json).toMatchObject({
      fuse: null,
    });
    expect(await fuse(fused)).toMatchObject({
      remaining: FUSE - 1,
      tripped: { tenant: other.tenant, deletion: idOf(tripping), persons: 7 },
    });
    expect(await sentIds(fused)).toEqual([ADA.uuid]);

    // What is larger than the whole fuse would trip it again.
    await fused.admin('POST', `/${other.tenant}/deletions/${idOf(tripping)}/cancel`);
    expect(await reset(fused, { reason: 'agreed on' })).toMatchObject({
      status: 200,
      json: { remaining: FUSE, tripped: null, last_reset: { note: 'agreed on' } },
    });
    for (const id of [idOf(job), idOf(single)]) {
      await until(`${id} was sent`, async () =>
        (await stateOf(fused, one.token, id)).state === 'held' ? undefined : true,
      );
    }
    expect(await sentIds(fused)).toEqual([ADA.uuid, BEN.uuid]);
    expect(await fuse(fused)).toMatchObject({ remaining: FUSE - 2, tripped: null });
    expect((await stateOf(fused, other.token, idOf(tripping))).state).toBe('cancelled');
  });

  test.each(['GET /admin/v1/fuse', 'POST /admin/v1/fuse/reset'])(
    'The route %s is for the operator alone',
    async (route) => {
      const [method = '', path = ''] = route.split(' ');
      const { token } = await fused.tenants.fresh();
      problem(await fused.send(method, path), 'admin_token_missing');
      problem(await fused.send(method, path, { token }), 'admin_token_invalid');
    },
  );

  test('A reset takes a reason and nothing else, and changes nothing where the fuse has not tripped', async () => {
    problem(await reset(crowded, { reason: '' }), 'field_invalid', 'reason');
    problem(await reset(crowded, { all: true }), 'field_unknown', 'all');
    expect(await reset(crowded)).toMatchObject({ status: 200, json: { last_reset: null } });
  });

  test('A fuse that 64 callers of eight tenants meet at once sends no more persons than fit', async () => {
    const callers = await Promise.all(Array.from({ length: 8 }, () => crowded.tenants.fresh()));
    const marked = Array.from({ length: 192 }, (_, i) => `crowd-${i}`);
    await crowded.sandbox.addPersons(
      marked.map((id) => ({ project_id: 1, distinct_ids: [id], properties: { tenant_id: 'crowd' } })),
    );
    const { persons } = await crowded.sandbox.state();
    const uuids = persons
      .filter(({ properties }) => properties['tenant_id'] === 'crowd')
      .map(({ uuid }) => uuid);
    expect(uuids).toHaveLength(192);
    const answers = await together(
      Array.from({ length: 64 }, (_, i) => i),
      (i) => {
        const { token } = callers[i % 8]!;
        const ids = uuids.slice(3 * i, 3 * i + 3);
        return i % 2 === 0 ? bulk(crowded, token, ids) : create(crowded, token, ids);
      },
      64,
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 64 }, () => 202));
    const states = () =>
      Promise.all(
        answers.map(async (one, i) => (await stateOf(crowded, callers[i % 8]!.token, idOf(one))).state),
      );
    await until('what fits was sent', async () =>
      (await states()).every((state) => state === 'settling' || state === 'held') ? true : undefined,
    );
    const after = await states();
    // Thirteen times three persons fit into forty.
    expect(after.filter((state) => state === 'settling')).toHaveLength(13);
    const sent = await sentIds(crowded);
    expect([sent.length, new Set(sent).size]).toEqual([39, 39]);
    expect(await fuse(crowded)).toMatchObject({ remaining: 1, tripped: { persons: 3 } });
  });
});

test('A gateway without a fuse says so, and holds nothing', async () => {
  const { token } = await open.tenants.fresh();
  expect(await bulk(open, token, [ADA.uuid])).toMatchObject({ status: 202, json: { persons_found: 1 } });
  expect((await explain(open, token)).json).toMatchObject({ fuse: null });
  expect(await fuse(open)).toEqual({
    persons_per_day: null,
    remaining: null,
    more_in_seconds: null,
    tripped: null,
    last_reset: null,
  });
  expect(await reset(open)).toMatchObject({ status: 200, json: { persons_per_day: null } });
});
