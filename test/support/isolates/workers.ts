/** A gateway of several isolates over the same objects, and callers that keep them busy. */
import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll } from 'vitest';
import { startWorker } from '../../../scripts/worker.ts';
import { crash, crashing } from './crashing.ts';
import { clientOf, type Answer, type Send } from '../client.ts';
import { ADMIN_TOKEN, SECRETS } from '../secrets.ts';
import { UNHURRIED } from '../stack.ts';
import { tenantsOf, type Tenants } from '../tenants.ts';

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
    crash: (tenant) => crash(gateway.origin, 'TENANT', tenant),
  };
}

/** One answer to one of the callers. */
export interface Called {
  readonly isolate: number;
  readonly status: number;
  /** Milliseconds of `performance.now`, when the answer was there. */
  readonly answeredMs: number;
}

export interface Load {
  /** What was answered up to now. */
  readonly called: readonly Called[];
  /** Ends the load, once everything is answered. */
  readonly stop: () => Promise<void>;
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
  const caller = async (isolate: number): Promise<void> => {
    while (!stopping.signal.aborted) {
      const status = await whoami(origins[isolate] ?? '', token, agent);
      const one = status === null ? null : { isolate, status, answeredMs: performance.now() };
      if (one !== null) called.push(one);
      await sleep(one === null ? 0 : pauseMs(one));
    }
  };
  const running = Array.from({ length: callers }, (_, nth) => caller(nth % origins.length));
  return {
    called,
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
      agent.destroy();
    },
  };
}

/** Null where the connection ended: one that is kept open may be closed in the very moment it is used again. */
function whoami(origin: string, token: string, agent: Agent): Promise<number | null> {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${token}` };
    const asked = httpRequest(`${origin}/v1/whoami`, { agent, headers }, (incoming) => {
      incoming.resume();
      incoming.on('error', () => resolve(null));
      incoming.on('end', () => resolve(incoming.statusCode ?? 0));
    });
    asked.on('error', () => resolve(null));
    asked.end();
  });
}
