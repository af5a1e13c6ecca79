/** A gateway over a sandbox, each in a workerd of its own, spoken to over real sockets. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect } from 'vitest';
import { startWorker, type LocalWorker } from '../../scripts/worker.ts';
import { LIMITS } from '../../src/core/limits.ts';
import { clientOf, type Answer, type Send, type Sending } from './client.ts';
import { Recorder } from './recorder.ts';
import { sandboxControl, type SandboxControl } from './sandbox.ts';
import { ADMIN_TOKEN, KEY, OLDER_KEY, SECRETS, SIGNING_KEY } from './secrets.ts';
import { tenantsOf, type Tenants } from './tenants.ts';

export interface Stack {
  /** The gateway's scheme, host and port. */
  readonly origin: string;
  readonly sandboxOrigin: string;
  readonly sandbox: SandboxControl;
  readonly recorder: Recorder;
  /** Asks the gateway. */
  readonly send: Send;
  /** Asks the gateway with the admin token. */
  readonly admin: (method: string, path: string, json?: unknown) => Promise<Answer>;
  readonly tenants: Tenants;
  /** GET with a token. */
  readonly get: (token: string, path: string, sending?: Sending) => Promise<Answer>;
}

export interface StackOptions {
  /** Variables of the gateway, over those of wrangler.toml and the secrets. */
  readonly bindings?: Readonly<Record<string, string>>;
  /** What the gateway takes for PostHog; the sandbox unless something stands between. */
  readonly upstream?: (sandboxOrigin: string) => Promise<string>;
}

/**
 * Tests ask the sandbox, which does not mind, more often than PostHog may be asked, and look at what it is asked: the
 * look for persons that an earlier test deleted does not come in between. On a busy machine it answers late.
 */
export const UNHURRIED = {
  READ_TIMEOUT_MS: '60000',
  SLOW_TIMEOUT_MS: '60000',
  UPSTREAM_REQUESTS_PER_MINUTE: '1000000',
  DELETION_LOOK_SECONDS: '86400',
} as const;

/** Starts a Worker that keeps nothing. */
export async function launch(
  config: string,
  bindings: Readonly<Record<string, string>>,
  onLine: (line: string) => void = () => undefined,
): Promise<LocalWorker> {
  const worker = await startWorker({ config, port: 0, bindings, stateFolder: null, onLine });
  if (config !== GATEWAY) return worker;
  gateways.add(worker);
  const stop = async (): Promise<void> => {
    gateways.delete(worker);
    await worker.stop();
  };
  return { ...worker, stop };
}

/** What tests ask of a gateway's own object. */
interface ShieldStub {
  readonly endTombstones: (prefix: string) => Promise<number>;
  readonly endPauses: () => Promise<boolean>;
}

const GATEWAY = 'wrangler.toml';
/** Those that run. */
const gateways = new Set<LocalWorker>();

/** Found once for each gateway: looking one up takes longer than asking it. */
const shields = new WeakMap<LocalWorker, Promise<readonly ShieldStub[]>>();

async function findShields({ miniflare }: LocalWorker): Promise<readonly ShieldStub[]> {
  const namespace = await miniflare.getDurableObjectNamespace('SHIELD');
  return ['1', '2'].map((project) => namespace.get(namespace.idFromName(project)) as unknown as ShieldStub);
}

/** Asks the shields of all projects of all gateways. */
async function ofShields<T>(ask: (shield: ShieldStub) => Promise<T>): Promise<T[]> {
  const found = [...gateways].map((gateway) => {
    const known = shields.get(gateway) ?? findShields(gateway);
    shields.set(gateway, known);
    return known;
  });
  return Promise.all((await Promise.all(found)).flat().map(ask));
}

/** In a fresh world nobody is being deleted, whom the gateways would go on hiding. */
async function endTombstones(): Promise<void> {
  const ended = await ofShields((shield) => shield.endTombstones(''));
  if (ended.some((count) => count > 0)) await sleep(LIMITS.tombstoneLeaseMs);
}

/** A fresh world has not asked to be left alone. Says how many shields had heard that the world before it did. */
export async function endPauses(): Promise<number> {
  const ended = await ofShields((shield) => shield.endPauses());
  return ended.filter(Boolean).length;
}

/**
 * Starts both, for the file that calls it, with a fresh world in the sandbox. When the file is done, nothing the
 * gateway ever said may hold a secret, and no token may have reached PostHog.
 */
export async function startStack({ bindings = {}, upstream }: StackOptions = {}): Promise<Stack> {
  const recorder = new Recorder();
  const secrets: [string, string][] = [
    ['the PostHog key', KEY],
    ['the admin token', ADMIN_TOKEN],
    ['the signing key', SIGNING_KEY.text],
    ['the older signing key', OLDER_KEY.text],
  ];
  for (const [what, value] of secrets) recorder.secret(what, value);

  const sandboxWorker = await launch('src/sandbox/wrangler.toml', { SANDBOX_API_KEY: KEY });
  const posthog = (await upstream?.(sandboxWorker.origin)) ?? sandboxWorker.origin;
  const gateway = await launch(
    GATEWAY,
    { ...SECRETS, ...UNHURRIED, POSTHOG_HOST: posthog, ...bindings },
    (line) => recorder.lines.push(line),
  );
  const control = sandboxControl(sandboxWorker.origin);
  const sandbox: SandboxControl = {
    ...control,
    reset: async (settings) => {
      await control.reset(settings);
      await endTombstones();
      await endPauses();
    },
  };
  // Its gateway is as new as the world.
  await control.reset();

  const send = clientOf(gateway.origin, recorder);
  const admin: Stack['admin'] = (method, path, json) =>
    send(method, `/admin/v1/tenants${path}`, { token: ADMIN_TOKEN, ...(json === undefined ? {} : { json }) });

  afterAll(async () => {
    const arrived = await sandbox.received();
    await Promise.all([gateway.stop(), sandboxWorker.stop()]);
    expect(recorder.leaks()).toEqual([]);
    expect(arrived.filter((request) => JSON.stringify(request).includes('hgr_'))).toEqual([]);
  });

  return {
    origin: gateway.origin,
    sandboxOrigin: sandboxWorker.origin,
    sandbox,
    recorder,
    send,
    admin,
    tenants: tenantsOf(admin, send),
    get: (token, path, sending = {}) => send('GET', path, { ...sending, token }),
  };
}
