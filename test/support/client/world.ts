/** A client whose gateway is a function, and whose clock moves only when the client waits. */
import { createHedgerow, type HedgerowOptions } from '../../../src/client/index.ts';

export const URL_OF_GATEWAY = 'https://gateway.test';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly token: string;
  readonly headers: Headers;
  readonly body: string;
}

/** Answers a request. `nth` counts from 0. */
export type Gateway = (asked: Asked, nth: number) => Response | Promise<Response>;

export const T0 = Date.UTC(2026, 0, 5, 10);

type Options<T = HedgerowOptions> = T extends HedgerowOptions ? Omit<T, 'url' | 'platform'> : never;

export function clientWorld(gateway: Gateway, options: Options) {
  const clock = { now: T0 };
  const asked: Asked[] = [];
  const waited: number[] = [];
  const hedgerow = createHedgerow({
    ...options,
    url: `${URL_OF_GATEWAY}/`,
    platform: {
      nowMs: () => clock.now,
      randomId: () => 'an-id',
      pause: async (ms, signal) => {
        signal.throwIfAborted();
        waited.push(ms);
        clock.now += ms;
      },
      fetch: async (request) => {
        request.signal.throwIfAborted();
        const one = {
          method: request.method,
          path: request.url.slice(URL_OF_GATEWAY.length),
          token: (request.headers.get('authorization') ?? '').replace('Bearer ', ''),
          headers: request.headers,
          body: await request.text(),
        };
        asked.push(one);
        return gateway(one, asked.length - 1);
      },
    },
  });
  return { hedgerow, clock, asked, waited };
}

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });

export const problemOf = (status: number, code: string, headers: Record<string, string> = {}): Response =>
  json(
    { type: 'x', code, detail: `because of ${code}`, attr: 'limt', status, title: 'x', request_id: 'req_1' },
    status,
    headers,
  );

/** A token as the gateway makes them, without a signature that anybody could check. */
export const tokenOf = (name: string, issuedAtMs: number, lifeSeconds: number): string => {
  const iat = issuedAtMs / 1000;
  const claims = { jti: name, actor: 'ünï/?', iat, exp: iat + lifeSeconds };
  return `hgr_e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
};
