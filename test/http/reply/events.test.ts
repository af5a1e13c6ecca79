/** Streams of events, with a clock and pauses of the test's own. */
import { describe, expect, test } from 'vitest';
import { failure } from '../../../src/core/failure.ts';
import { LIMITS } from '../../../src/core/limits.ts';
import { err, ok, type Result } from '../../../src/core/result.ts';
import { eventReply, type Seen } from '../../../src/http/reply/events.ts';

const seen = (n: number, ended = false): Result<Seen> => ok({ data: { n }, ended });

/** The looks in their order, the last again and again; each pause moves the clock. */
function watching(...looks: readonly Result<Seen>[]) {
  const world = { now: 0, looks: 0 };
  const watch = {
    nowMs: () => world.now,
    look: () => {
      world.looks += 1;
      return Promise.resolve(looks[world.looks - 1] ?? looks.at(-1) ?? seen(0));
    },
    pause: (ms: number) => {
      world.now += ms;
      return Promise.resolve();
    },
  };
  return { world, watch };
}

async function bodyOf(watch: Parameters<typeof eventReply>[1]): Promise<ReadableStream<Uint8Array>> {
  const reply = await eventReply(new Headers(), watch);
  if (!reply.ok || !(reply.value.body instanceof ReadableStream)) throw new Error('no stream');
  return reply.value.body;
}

const textOf = async (watch: Parameters<typeof eventReply>[1]) => new Response(await bodyOf(watch)).text();

describe('A stream of events', () => {
  test('A stream holds an event for each change, none where nothing changed, and ends with the end', async () => {
    const { watch } = watching(seen(1), seen(1), seen(2), seen(2), seen(3, true), seen(4));
    expect(await textOf(watch)).toBe(
      'event: state\ndata: {"n":1}\n\nevent: state\ndata: {"n":2}\n\nid: end\nevent: end\ndata: {"n":3}\n\n',
    );
  });

  test('A stream in which nothing changes is kept alive by comments, and tells its client to come back in the end', async () => {
    const { watch, world } = watching(seen(1));
    const text = await textOf(watch);
    expect(world.now).toBe(LIMITS.watchMsMax);
    expect(world.looks).toBe(LIMITS.watchMsMax / 1000 + 1);
    expect(text.match(/^: still the same$/gm)?.length).toBe(19);
    expect(text).toMatch(/\nretry: 1000\nevent: reconnect\ndata: \{"why":".*"\}\n\n$/);
  });

  test('A stream in which something always changes lasts no longer', async () => {
    const { watch, world } = watching();
    const text = await textOf({ ...watch, look: () => Promise.resolve(seen(world.now)) });
    expect(world.now).toBe(LIMITS.watchMsMax);
    expect(text).toContain('event: reconnect');
  });

  test('A look that fails is the last event, with its code and nothing of the place it came from', async () => {
    const { watch } = watching(seen(1), err(failure('token_revoked', 'The token was revoked.')));
    expect(await textOf(watch)).toContain(
      'event: problem\ndata: {"code":"token_revoked","detail":"The token was revoked."}\n\n',
    );
  });

  test('A first look that fails is the failure of the request', async () => {
    const gone = err(failure('record_unknown', 'None.'));
    expect(await eventReply(new Headers(), watching(gone).watch)).toEqual(gone);
  });

  test('A client that leaves ends the looking, and the pause it left in', async () => {
    const { watch, world } = watching(seen(1));
    const pausing = Promise.withResolvers<AbortSignal>();
    const stream = await bodyOf({
      ...watch,
      pause: (_, signal) => {
        pausing.resolve(signal);
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
      },
    });
    const reader = stream.getReader();
    await reader.read();
    const pending = reader.read();
    const paused = await pausing.promise;
    await reader.cancel();
    await pending;
    expect(paused.aborted).toBe(true);
    expect(world.looks).toBe(1);
  });
});
