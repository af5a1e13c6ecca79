/** A gateway of several isolates over the same objects, and callers that keep them busy. */
import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll } from 'vitest';
import { startWorker } from '../../../scripts/worker.ts';
import { crash, crashing } from './crashing.ts';
import { clientOf, parsed, type Answer, type Send } from '../client.ts';
import { ADMIN_TOKEN, SECRETS } from '../secrets.ts';
import { UNHURRIED } from '../stack.ts';
import { tenantsOf, type Members, type Tenants } from '../tenants.ts';

export interface Isolates {
  readonly origins: readonly string[];
  readonly send: Send;
  readonly admin: (method: string, path: string, json?: unknown) => Promise<Answer>;
  readonly tenants: Tenants;
  /** The tenant's object loses its memory, and what is being asked of it gets no answer. */
  readonly crash: (tenant: string) => Promise<void>;
}

export async function startIsolates(count: number): Promise<Isolates> {
  const gateway = await startWorker({
    config: 'wrangler.toml',
    port: 0,
    // Nothing here asks PostHog.
    bindings: { ...SECRETS, ...UNHURRIED, POSTHOG_HOST: 'http://127.0.0.1:9' },
    stateFolder: null,
    onLine: () => undefined,
    isolates: count,
    plugins: [crashing],
  });
  afterAll(() => gateway.stop());
  const send = clientOf(gateway.origin);
  const admin: Isolates['admin'] = (method, path, json) =>
    send(method, `/admin/v1/tenants${path}`, { token: ADMIN_TOKEN, ...(json === undefined ? {} : { json }) });
  return {
    origins: gateway.origins,
    send,
    admin,
    tenants: tenantsOf(admin, send),
    crash: (name) => crash(gateway.origin, name),
  };
}

/** One answer to one of the callers. */
export interface Called {
  /** Milliseconds of `performance.now`, right before the request was sent. */
  readonly sentMs: number;
  readonly status: number;
  /** `code` of a problem; null for a success. */
  readonly code: string | null;
  /** What is left of the rate. */
  readonly remaining: number | null;
}

export interface Load {
  /** Ends the load, and gives what was answered. */
  readonly stop: () => Promise<readonly Called[]>;
}

/** Callers that ask `/v1/whoami` with one token, one request after the other, spread over the isolates. */
export function load(
  origins: readonly string[],
  token: string,
  callers: number,
  pauseMs: (called: Called) => number,
): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: callers });
  const called: Called[] = [];
  const stopping = new AbortController();
  const caller = async (origin: string): Promise<void> => {
    while (!stopping.signal.aborted) {
      const one = await whoami(origin, token, agent);
      if (one !== null) called.push(one);
      await sleep(one === null ? 0 : pauseMs(one));
    }
  };
  const running = Array.from({ length: callers }, (_, nth) => caller(origins[nth % origins.length] ?? ''));
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
      agent.destroy();
      return called;
    },
  };
}

/** Null where the connection ended: one that is kept open may be closed in the very moment it is used again. */
function whoami(origin: string, token: string, agent: Agent): Promise<Called | null> {
  const sentMs = performance.now();
  const url = `${origin}/v1/whoami`;
  return new Promise((resolve) => {
    const asked = httpRequest(url, { agent, headers: { authorization: `Bearer ${token}` } }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      incoming.on('error', () => resolve(null));
      incoming.on('end', () => {
        const body = parsed(text) as Members;
        const left = /r=(\d+)/.exec(String(incoming.headers['ratelimit'] ?? ''))?.[1];
        resolve({
          sentMs,
          status: incoming.statusCode ?? 0,
          code: typeof body['code'] === 'string' ? body['code'] : null,
          remaining: left === undefined ? null : Number(left),
        });
      });
    });
    asked.on('error', () => resolve(null));
    asked.end();
  });
}
