/** A gateway of several isolates over the same objects, and callers that keep them busy. */
import { readFile } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Plugin } from 'esbuild';
import { afterAll } from 'vitest';
import { startWorker } from '../../scripts/worker.ts';
import { clientOf, parsed, type Answer, type Send } from './client.ts';
import { ADMIN_TOKEN, SECRETS } from './secrets.ts';
import { UNHURRIED } from './stack.ts';
import { tenantsOf, type Members, type Tenants } from './tenants.ts';

export interface Isolates {
  readonly origins: readonly string[];
  readonly send: Send;
  readonly admin: (method: string, path: string, json?: unknown) => Promise<Answer>;
  readonly tenants: Tenants;
  /** The tenant's object loses its memory, and what is being asked of it gets no answer. */
  readonly crash: (tenant: string) => Promise<void>;
}

/** An eviction waits until the object has nothing to do; this one ends in the middle of it. */
const crashing: Plugin = {
  name: 'tenants that crash',
  setup: (build) => {
    build.onLoad({ filter: /src\/index\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const exported = "export { Tenant } from './objects/tenant/tenant.ts';";
      if (!source.includes(exported)) throw new Error('index.ts exports Tenant in another way');
      const crashes = `import { Tenant as Deployed } from './objects/tenant/tenant.ts';
        export class Tenant extends Deployed { crash() { this.ctx.abort('by a test'); } }`;
      return { contents: source.replace(exported, crashes), loader: 'ts' };
    });
  },
};

interface CrashingStub {
  readonly crash: () => Promise<void>;
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
  const objects = await gateway.miniflare.getDurableObjectNamespace('TENANT');
  const send = clientOf(gateway.origin);
  const admin: Isolates['admin'] = (method, path, json) =>
    send(method, `/admin/v1/tenants${path}`, { token: ADMIN_TOKEN, ...(json === undefined ? {} : { json }) });
  return {
    origins: gateway.origins,
    send,
    admin,
    tenants: tenantsOf(admin, send),
    crash: async (name) => {
      const stub = objects.get(objects.idFromName(name)) as unknown as CrashingStub;
      await stub.crash().catch(() => undefined);
    },
  };
}

/** One answer to one of the callers. */
export interface Called {
  /** Milliseconds of `performance.now`, right before the request was sent. */
  readonly sentMs: number;
  readonly status: number;
  /** `code` of a problem; null for a success. */
  readonly code: string | null;
  readonly scopes: readonly string[];
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
        const grant = body['grant'] as { scopes?: readonly string[] } | undefined;
        const left = /r=(\d+)/.exec(String(incoming.headers['ratelimit'] ?? ''))?.[1];
        resolve({
          sentMs,
          status: incoming.statusCode ?? 0,
          code: typeof body['code'] === 'string' ? body['code'] : null,
          scopes: grant?.scopes ?? [],
          remaining: left === undefined ? null : Number(left),
        });
      });
    });
    asked.on('error', () => resolve(null));
    asked.end();
  });
}
