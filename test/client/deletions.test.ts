/** `deletions.run` and `follow` against streams that end in every way. */
import { expect, test } from 'vitest';
import { deletions } from '../../src/client/index.ts';
import { clientWorld, json, problemOf, type Gateway } from '../support/client/world.ts';

const token = 'hgr_x';
const ID = 'del_1';
const ORDER = { ids: ['0190c0de-0001-7000-8000-000000000001'] };

const state = (name: string, more: object = {}) => ({
  id: ID,
  state: name,
  reason: null,
  progress: {},
  ...more,
});
const event = (name: string, data: object): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
const stream = (...events: string[]): Response =>
  new Response(events.join(''), { headers: { 'content-type': 'text/event-stream' } });
const RECONNECT = event('reconnect', { why: 'x' });

/** Creates the deletion, and then answers each request for its events with the next of these; the last stays. */
const following =
  (...answers: (() => Response | Promise<Response>)[]): Gateway =>
  ({ method }, nth) =>
    method === 'POST'
      ? json(state('sending', { preview: null }), 202)
      : (answers.at(nth - 1) ?? answers.at(-1)!)();

/** Has lasted as long as a stream does, and nothing has happened. */
const quiet = (): Response => stream(event('state', state('held')), RECONNECT);

/** Breaks in the middle, after these events. */
const broken = (...events: string[]): Response => {
  let isTold = false;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (isTold) controller.error(new TypeError('terminated'));
      else controller.enqueue(new TextEncoder().encode(events.join('')));
      isTold = true;
    },
  });
  return new Response(body);
};

test.each([
  ['done', null],
  ['nobody', null],
  ['failed', 'still_there'],
  ['cancelled', 'rejected'],
])(
  'A run whose deletion ends as %s resolves with that, and with all states told before',
  async (kind, reason) => {
    const end = state(kind, { reason });
    const { hedgerow, asked } = clientWorld(
      following(() =>
        stream(event('state', state('sending')), event('state', state('settling')), event('end', end)),
      ),
      { token },
    );
    const states: string[] = [];
    const outcome = await deletions.run(hedgerow, ORDER, { onState: (told) => states.push(told.state) });
    expect(outcome).toEqual({ kind, ...(reason === null ? {} : { reason }), deletion: end });
    expect(states).toEqual(['sending', 'settling', kind]);
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /v1/deletions',
      `GET /v1/deletions/${ID}/events`,
    ]);
    expect(asked[0]?.body).toBe(JSON.stringify(ORDER));
  },
);

test('A run resolves as held where the deletion waits, or waits with it, as it is told', async () => {
  const { hedgerow } = clientWorld(
    following(() => stream(event('state', state('held')), event('end', state('done')))),
    { token },
  );
  expect(await deletions.run(hedgerow, ORDER)).toMatchObject({ kind: 'held', deletion: { state: 'held' } });
  expect(await deletions.run(hedgerow, ORDER, { whileHeld: 'wait' })).toMatchObject({ kind: 'done' });
});

test('An order has an idempotency key of its own or the one that is given, so that it is sent again after 503', async () => {
  for (const [options, key] of [
    [{}, '"an-id"'],
    [{ idempotencyKey: 'job 7' }, '"job 7"'],
  ] as const) {
    const { hedgerow, asked } = clientWorld(
      (one, nth) =>
        nth === 0
          ? problemOf(503, 'state_unavailable', { 'retry-after': '1' })
          : one.method === 'POST'
            ? json(state('sending'), 202)
            : stream(event('end', state('done'))),
      { token },
    );
    expect(await deletions.run(hedgerow, ORDER, options)).toMatchObject({ kind: 'done' });
    const posts = asked.filter(({ method }) => method === 'POST');
    expect(posts.map(({ headers }) => headers.get('idempotency-key'))).toEqual([key, key]);
  }
});

test('An order that is refused is an error, and nothing is followed', async () => {
  const { hedgerow, asked } = clientWorld(() => problemOf(403, 'deletion_exceeds_budget'), { token });
  await expect(deletions.run(hedgerow, ORDER)).rejects.toMatchObject({ code: 'deletion_exceeds_budget' });
  expect(asked).toHaveLength(1);
});

test('A stream that asks to be opened again, breaks or ends early is opened again, and no state is told twice', async () => {
  const sending = event('state', state('sending'));
  const { hedgerow, asked, waited } = clientWorld(
    following(
      () => stream(sending, RECONNECT),
      () => broken(sending, event('state', state('settling'))),
      () => stream(),
      () => Promise.reject(new TypeError('fetch failed')),
      () => new Response('', { status: 502 }),
      () => stream(event('end', state('done'))),
    ),
    { token },
  );
  const states: string[] = [];
  const outcome = await deletions.run(hedgerow, ORDER, { onState: (told) => states.push(told.state) });
  expect(outcome).toMatchObject({ kind: 'done' });
  expect(states).toEqual(['sending', 'settling', 'done']);
  expect(waited).toEqual([1000, 1000, 2000, 3000, 4000]);
  expect(asked).toHaveLength(7);
});

test('A stream that ends with a problem is opened again, and the refusal of that is the error', async () => {
  const { hedgerow, asked } = clientWorld(
    following(
      () => stream(event('state', state('held')), event('problem', { code: 'token_revoked', detail: 'x' })),
      () => problemOf(401, 'token_revoked'),
    ),
    { token },
  );
  const run = deletions.run(hedgerow, ORDER, { whileHeld: 'wait' });
  await expect(run).rejects.toMatchObject({ code: 'token_revoked', status: 401, requestId: 'req_1' });
  expect(asked).toHaveLength(3);
});

test('A stream whose token ends in the middle goes on with another token', async () => {
  let tokens = 0;
  const { hedgerow, asked } = clientWorld(
    following(
      () =>
        stream(event('state', state('sending')), event('problem', { code: 'token_expired', detail: 'x' })),
      () => problemOf(401, 'token_expired'),
      () => stream(event('end', state('done'))),
    ),
    { getToken: async () => `t${(tokens += 1)}` },
  );
  expect(await deletions.run(hedgerow, ORDER)).toMatchObject({ kind: 'done' });
  expect(asked.map((one) => one.token)).toEqual(['t1', 't1', 't1', 't2']);
});

test('Streams that bring nothing new are given up after five, with the problem they end with', async () => {
  const { hedgerow, asked, waited } = clientWorld(
    following(() => stream(event('problem', { code: 'state_unavailable', detail: 'later' }))),
    { token },
  );
  await expect(deletions.run(hedgerow, ORDER)).rejects.toMatchObject({
    code: 'state_unavailable',
    status: null,
    message: 'later',
  });
  expect(waited).toEqual([1000, 2000, 3000, 4000, 5000]);
  expect(asked).toHaveLength(7);
});

test('Streams that end as they should, because they have lasted, are opened again for as long as the deletion takes', async () => {
  const { hedgerow, asked } = clientWorld(
    following(...Array.from({ length: 30 }, () => quiet), () => stream(event('end', state('cancelled')))),
    { token },
  );
  const run = deletions.run(hedgerow, ORDER, { whileHeld: 'wait' });
  expect(await run).toMatchObject({ kind: 'cancelled', reason: 'cancelled' });
  expect(asked).toHaveLength(32);
});

test('A run that is aborted ends with the reason, while it follows and while it waits', async () => {
  for (const answer of [
    () => new Response(new ReadableStream({ start: (stuck) => stuck.enqueue(new Uint8Array()) })),
    () => stream(),
  ]) {
    const controller = new AbortController();
    const { hedgerow } = clientWorld(
      following(() => {
        queueMicrotask(() => controller.abort(new Error('enough')));
        return answer();
      }),
      { token },
    );
    await expect(deletions.run(hedgerow, ORDER, { signal: controller.signal })).rejects.toThrow('enough');
  }
});
