/** The state of a deletion as a stream of events, over real HTTP. */
import { request } from 'node:http';
import { beforeEach, expect, test } from 'vitest';
import { ADA, BEN } from '../../src/sandbox/seed/names.ts';
import { until } from '../support/client.ts';
import { problem } from '../support/problem.ts';
import { ADMIN_TOKEN } from '../support/secrets.ts';
import { startStack } from '../support/stack.ts';

const { get, send, admin, sandbox, tenants, origin, recorder } = await startStack({
  bindings: { DELETION_LOOK_SECONDS: '1' },
});

beforeEach(() => sandbox.reset());

interface Event {
  readonly event: string;
  readonly data: { readonly id?: string; readonly state?: string; readonly code?: string };
}

/** Opens a stream; what has arrived of it so far can be looked at, and it can be left. */
function watch(path: string, token: string) {
  const seen = { text: '', ended: false, type: '' };
  const asked = request(`${origin}${path}`, { headers: { authorization: `Bearer ${token}` }, agent: false });
  asked.on('response', (incoming) => {
    seen.type = String(incoming.headers['content-type']);
    incoming.on('data', (chunk: Buffer) => (seen.text += chunk.toString('utf8')));
    incoming.on('end', () => (seen.ended = true));
    incoming.on('error', () => undefined);
  });
  asked.on('error', () => undefined);
  asked.end();
  const events = (): Event[] =>
    [...seen.text.matchAll(/^event: (\w+)\ndata: (.*)$/gm)].map(([, event = '', data = '']) => ({
      event,
      data: JSON.parse(data) as Event['data'],
    }));
  const has = (what: string, count = 1) =>
    until(`${what} ${count}`, () => {
      const found = events().filter(({ event }) => event === what);
      return found.length >= count ? found : undefined;
    });
  return { seen, events, has, leave: () => asked.destroy() };
}

/** A deletion that waits for the operator. */
async function waiting(person = ADA) {
  const made = await tenants.fresh({ deletes: { persons_per_day: 100, approval_over: 0 } });
  const json = { ids: [person.uuid] };
  const answer = await send('POST', '/v1/deletions', { token: made.token, json });
  return { ...made, id: answer.headers['hedgerow-deletion'] ?? '' };
}

test('A deletion that nothing holds is not told as held, however soon after its confirmation it is followed', async () => {
  const { token } = await tenants.fresh();
  const uuids = Array.from(
    { length: 20 },
    (_, nth) => `0000000b-0000-4000-8000-${String(nth).padStart(12, '0')}`,
  );
  await sandbox.addPersons(
    uuids.map((uuid) => ({ project_id: 1, distinct_ids: [`of ${uuid}`], uuid, properties: {} })),
  );
  const statesOf = async (uuid: string): Promise<unknown[]> => {
    const made = await send('POST', '/v1/deletions?preview=true', { token, json: { ids: [uuid] } });
    const path = `/v1/deletions/${made.headers['hedgerow-deletion'] ?? ''}`;
    const digest = await until('a preview', async () => {
      const shown = await get(token, `${path}/preview`);
      return shown.status === 200 ? (shown.json as { digest: string }).digest : undefined;
    });
    const confirmed = await send('POST', `${path}/confirm`, { token, json: { digest } });
    expect(confirmed.status, confirmed.text).toBe(200);
    const { events, has } = watch(`${path}/events`, token);
    await has('end');
    return events().map(({ data }) => data.state);
  };
  const states = await Promise.all(uuids.map(statesOf));
  expect(states.flat()).not.toContain('held');
  expect(states.map((each) => each.at(-1))).toEqual(uuids.map(() => 'done'));
});

test('A stream tells the state at once and whenever it changes, and ends with the deletion', async () => {
  const { tenant, token, id } = await waiting();
  const own = watch(`/v1/deletions/${id}/events`, token);
  const operators = watch(`/admin/v1/tenants/${tenant}/deletions/${id}/events`, ADMIN_TOKEN);
  for (const { has, seen, events } of [own, operators]) {
    await has('state');
    expect(seen).toMatchObject({ type: 'text/event-stream; charset=utf-8', ended: false });
    expect(events()[0]?.data).toMatchObject({ id, state: 'held', progress: { asked: 1, sent: 0 } });
    expect(seen.text).not.toContain(ADA.uuid);
  }
  await admin('POST', `/${tenant}/deletions/${id}/approve`);
  for (const { has, seen } of [own, operators]) {
    const [last] = await has('end');
    expect(last?.data).toMatchObject({
      id,
      state: 'done',
      progress: { sent: 1, found: 1, seconds_left: 0 },
      verification: { gone: 1, still_there: 0, unknown: 0 },
    });
    await until('the stream ended', () => (seen.ended ? true : undefined));
  }
});

test('A stream of a deletion that has ended says so once, and is not opened again for a client that knows', async () => {
  const { tenant, token, id } = await waiting();
  await admin('POST', `/${tenant}/deletions/${id}/reject`, { reason: 'x' });
  const path = `/v1/deletions/${id}/events`;
  const answer = await get(token, path);
  expect(answer.status).toBe(200);
  expect(answer.text).toMatch(/^id: end\nevent: end\ndata: \{.*\}\n\n$/);
  const again = await get(token, path, { headers: { 'last-event-id': 'end' } });
  expect([again.status, again.text]).toEqual([204, '']);
  expect((await get(token, path, { headers: { 'last-event-id': '7' } })).text).toBe(answer.text);
});

test('A stream ends with the reason once its token is revoked', async () => {
  const { tenant, token, id } = await waiting(BEN);
  const minted = await tenants.mint(tenant);
  const stream = watch(`/v1/deletions/${id}/events`, minted.token);
  await stream.has('state');
  await admin('DELETE', `/${tenant}/tokens/${minted.id}`);
  const [last] = await stream.has('problem');
  expect(last?.data.code).toBe('token_revoked');
  await until('the stream ended', () => (stream.seen.ended ? true : undefined));
  expect((await get(token, `/v1/deletions/${id}`)).json).toMatchObject({ state: 'held' });
});

test('A stream that its client leaves ends, and its line says so', async () => {
  const { token, id } = await waiting(BEN);
  const stream = watch(`/v1/deletions/${id}/events`, token);
  await stream.has('state');
  stream.leave();
  await until('the line of the stream', () =>
    recorder.lines.some((line) => line.includes('"watch_deletion"') && line.includes('"client_left"'))
      ? true
      : undefined,
  );
});

test('A stream of a deletion of another tenant is refused as one of a deletion that there is not', async () => {
  const { id } = await waiting(BEN);
  const other = await tenants.fresh();
  for (const named of [id, `del_${'A'.repeat(22)}`, 'x']) {
    for (const what of ['events', 'ids']) {
      problem(await get(other.token, `/v1/deletions/${named}/${what}`), 'record_unknown', 'id');
      problem(await admin('GET', `/${other.tenant}/deletions/${named}/${what}`), 'record_unknown', 'id');
    }
  }
});

test('A stream and the ids of a deletion take the scope of the log, and the ids a token that sees distinct ids', async () => {
  const { tenant, token, id } = await waiting(BEN);
  const reader = await tenants.derive(token, { scopes: ['person:read'] });
  for (const what of ['events', 'ids'])
    problem(await get(reader.token, `/v1/deletions/${id}/${what}`), 'scope_missing');
  const blind = await tenants.derive(token, { properties: { distinct_ids: 'hidden' } });
  problem(await get(blind.token, `/v1/deletions/${id}/ids`), 'property_hidden');
  await admin('POST', `/${tenant}/deletions/${id}/reject`, { reason: 'x' });
  expect((await get(blind.token, `/v1/deletions/${id}/events`)).status).toBe(200);
});
