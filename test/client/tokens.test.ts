/** Tokens of the client: fetched once, renewed before they end and after they have, by a clock that the test moves. */
import { expect, test } from 'vitest';
import { HedgerowError } from '../../src/client/index.ts';
import { clientWorld, json, problemOf, T0, tokenOf, type Gateway } from '../support/client/world.ts';

const LIFE_SECONDS = 600;
const LIFE_MS = LIFE_SECONDS * 1000;
const whoami: Gateway = () => json({});

/** A backend that mints tokens by a clock of its own. */
function minting(clockOf: () => number) {
  const minted: string[] = [];
  const getToken = async (): Promise<string> => {
    minted.push(tokenOf(`t${minted.length}`, clockOf(), LIFE_SECONDS));
    return minted.at(-1) ?? '';
  };
  return { minted, getToken };
}

function renewing(gateway: Gateway = whoami, skewMs = 0) {
  const backend = minting(() => world.clock.now + skewMs);
  const world = clientWorld(gateway, { getToken: backend.getToken });
  const call = () => world.hedgerow.GET('/v1/whoami');
  return { ...world, ...backend, call };
}

test('A fixed token is sent with every call, and its end is the caller’s to handle', async () => {
  const { hedgerow, asked } = clientWorld(
    (_, nth) => (nth === 0 ? json({}) : problemOf(401, 'token_expired')),
    { token: tokenOf('x', T0 - 2 * LIFE_MS, LIFE_SECONDS) },
  );
  await hedgerow.GET('/v1/whoami');
  await expect(hedgerow.GET('/v1/whoami')).rejects.toMatchObject({ code: 'token_expired', status: 401 });
  expect(asked).toHaveLength(2);
});

test('A token is fetched once for calls at the same time and for all calls until a minute before its end', async () => {
  const { call, clock, minted, asked } = renewing();
  await Promise.all([call(), call(), call()]);
  clock.now += LIFE_MS - 60_001;
  await call();
  expect(minted).toHaveLength(1);
  clock.now += 1;
  await Promise.all([call(), call()]);
  expect(minted).toHaveLength(2);
  expect(asked.map(({ token }) => minted.indexOf(token))).toEqual([0, 0, 0, 0, 1, 1]);
});

test('A short token is renewed with a fifth of its life left', async () => {
  const world = clientWorld(whoami, { getToken: async () => tokenOf('t', world.clock.now, 10) });
  await world.hedgerow.GET('/v1/whoami');
  world.clock.now += 7_999;
  await world.hedgerow.GET('/v1/whoami');
  world.clock.now += 1;
  await world.hedgerow.GET('/v1/whoami');
  expect(new Set(world.asked.map(({ token }) => token)).size).toBe(2);
});

test.each([-3, 3])(
  'A clock that is wrong by %d lives of a token does not fetch a token for each call',
  async (lives) => {
    const { call, clock, minted } = renewing(whoami, lives * LIFE_MS);
    await call();
    clock.now += LIFE_MS - 60_001;
    await call();
    expect(minted).toHaveLength(1);
    clock.now += 1;
    await call();
    expect(minted).toHaveLength(2);
  },
);

test('A token that the gateway calls expired is renewed, and the call is sent again with its body, whatever its method', async () => {
  const { hedgerow, asked, minted } = renewing((_, nth) =>
    nth === 0 ? problemOf(401, 'token_expired') : json({}, 201),
  );
  await hedgerow.POST('/v1/tokens', { body: { name: 'a page' } });
  expect(asked.map(({ token, body }) => [token, body])).toEqual(
    minted.map((token) => [token, '{"name":"a page"}']),
  );
  expect(minted).toHaveLength(2);
});

test('A token that is expired again after it was renewed is an error, and no loop', async () => {
  const { call, asked } = renewing(() => problemOf(401, 'token_expired'));
  await expect(call()).rejects.toBeInstanceOf(HedgerowError);
  expect(asked).toHaveLength(2);
});

test.each(['token_revoked', 'token_signature_invalid'])('A refusal %s renews nothing', async (code) => {
  const { call, asked, minted } = renewing(() => problemOf(401, code));
  await expect(call()).rejects.toMatchObject({ code, attr: 'limt', requestId: 'req_1' });
  expect([asked.length, minted.length]).toEqual([1, 1]);
});

test('Calls that are refused with the same expired token share one renewal', async () => {
  const { call, minted } = renewing(({ token }) =>
    token === minted[0] ? problemOf(401, 'token_expired') : json({}),
  );
  await Promise.all([call(), call(), call()]);
  expect(minted).toHaveLength(2);
});

test('A renewal that fails leaves the old token in use until its end, and is the error from then on', async () => {
  const down = { at: Infinity };
  const world = clientWorld(whoami, {
    getToken: async () => {
      if (world.clock.now >= down.at) throw new Error('the backend is down');
      return tokenOf('t', world.clock.now, LIFE_SECONDS);
    },
  });
  const call = () => world.hedgerow.GET('/v1/whoami');
  await call();
  down.at = world.clock.now + LIFE_MS - 60_000;
  world.clock.now = down.at;
  await call();
  world.clock.now += 59_999;
  await call();
  expect(new Set(world.asked.map(({ token }) => token)).size).toBe(1);
  world.clock.now += 1;
  await expect(call()).rejects.toThrow('the backend is down');
  expect(world.asked).toHaveLength(3);
  down.at = Infinity;
  await call();
  expect(world.asked).toHaveLength(4);
});

test('A call that is aborted while its token is fetched ends at once, and the other goes on', async () => {
  const gate = Promise.withResolvers<string>();
  const { hedgerow, asked } = clientWorld(whoami, { getToken: () => gate.promise });
  const controller = new AbortController();
  const left = hedgerow.GET('/v1/whoami', { signal: controller.signal });
  const stays = hedgerow.GET('/v1/whoami');
  controller.abort();
  await expect(left).rejects.toMatchObject({ name: 'AbortError' });
  gate.resolve('opaque');
  await stays;
  expect(asked.map(({ token }) => token)).toEqual(['opaque']);
});

test('A late refusal of an old token does not end the new one', async () => {
  const late = Promise.withResolvers<Response>();
  const { call, asked, minted } = renewing((_, nth) => {
    if (nth === 0) return late.promise;
    return nth === 1 ? problemOf(401, 'token_expired') : json({});
  });
  const first = call();
  await call();
  expect(minted).toHaveLength(2);
  late.resolve(problemOf(401, 'token_expired'));
  await first;
  expect(minted).toHaveLength(2);
  expect(asked.map(({ token }) => minted.indexOf(token))).toEqual([0, 0, 1, 1]);
});
