/** A gateway with a console, and a day of made-up tenants behind them: what the pictures of the documents show. */
import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { startWorker, type LocalWorker } from '../worker.ts';

export interface World {
  /** Of the console. */
  readonly origin: string;
  /** Signs the operator in whom the pictures show. */
  readonly adminToken: string;
  /** A deletion that waits for an operator. */
  readonly held: string;
  /** One that has ended. */
  readonly done: string;
  readonly stop: () => Promise<void>;
}

const secret = (): string => randomBytes(24).toString('base64url');
const HOUR_MS = 3_600_000;
const HOURS = 24;
const PERSONS = 1400;

const Minted = z.object({ token: z.string(), id: z.string() });
const Made = z.object({ id: z.string() });

type Ask = (method: string, path: string, token: string, body?: unknown) => Promise<unknown>;

const asking =
  (origin: string): Ask =>
  async (method, path, token, body) => {
    const response = await fetch(origin + path, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    const answer: unknown = text === '' ? null : JSON.parse(text);
    return answer;
  };

export async function openWorld(): Promise<World> {
  const key = `phx_${secret()}`;
  const [alice, bob] = [secret(), secret()];
  const nobody = { stateFolder: null, onLine: () => undefined };
  const sandbox = await startWorker({
    ...nobody,
    config: 'src/sandbox/wrangler.toml',
    port: 0,
    bindings: { SANDBOX_API_KEY: key, SANDBOX_GENERATION: 'C' },
  });
  const gateway = await startWorker({
    ...nobody,
    config: 'wrangler.toml',
    port: 0,
    bindings: {
      POSTHOG_HOST: sandbox.origin,
      POSTHOG_PERSONAL_API_KEY: key,
      POSTHOG_GENERATION: 'C',
      UPSTREAM_REQUESTS_PER_MINUTE: '240',
      DELETION_LOOK_SECONDS: '1',
      ADMIN_TOKEN: secret(),
      ADMIN_TOKENS: `alice:${alice},bob/operator:${bob}`,
      TOKEN_SIGNING_KEYS: `k1:${secret()}${secret()}`,
    },
    beside: {
      config: 'wrangler.console.toml',
      port: 0,
      bindings: { CONSOLE_SESSION_KEY: secret() + secret() },
    },
  });
  const ask = asking(gateway.origin);
  await addPersons(sandbox.origin);
  const tokens = await register(ask, alice, bob);
  await use(gateway, tokens);
  await alarm(gateway, tokens);
  const deletions = await erase(ask, alice, bob, tokens);
  return {
    origin: gateway.besideOrigin ?? '',
    adminToken: alice,
    ...deletions,
    stop: async () => {
      await gateway.stop();
      await sandbox.stop();
    },
  };
}

const idOf = (at: number): string => `user-${at}@birch.example`;

async function addPersons(origin: string): Promise<void> {
  const people = Array.from({ length: PERSONS }, (_, at) => ({
    project_id: 1,
    distinct_ids: [idOf(at)],
    properties: { tenant_id: 'birch' },
  }));
  const response = await fetch(`${origin}/_sandbox/persons`, {
    method: 'POST',
    body: JSON.stringify(people),
  });
  if (!response.ok) throw new Error(`The sandbox answered ${response.status}: ${await response.text()}`);
}

type Tokens = Readonly<Record<'acme' | 'birch' | 'cedar', z.output<typeof Minted>>>;

async function register(ask: Ask, alice: string, bob: string): Promise<Tokens> {
  const put = (tenant: string, record: object) => ask('PUT', `/admin/v1/tenants/${tenant}`, alice, record);
  await put('acme', {
    name: 'Acme Analytics',
    project_id: 1,
    scopes: ['person:read', 'cohort:read', 'insight:read', 'person:delete'],
    slice: { property: 'tenant_id', value: 'acme' },
    properties: { hidden: ['ssn'] },
    rate: { requests_per_minute: 600, burst: 60 },
    deletes: { persons_per_day: 10_000, events: true, approval_over: 1000 },
    origins: ['https://app.acme.example'],
  });
  await put('birch', {
    name: 'Birch & Sons',
    project_id: 1,
    scopes: ['person:read', 'person:delete'],
    slice: { property: 'tenant_id', value: 'birch' },
    deletes: { persons_per_day: 5000, approval_over: 1200 },
  });
  await put('cedar', {
    name: 'Cedar Partners',
    project_id: 2,
    scopes: ['person:read'],
    rate: { requests_per_minute: 60, burst: 10 },
  });
  const mint = async (tenant: string, name: string) =>
    Minted.parse(
      await ask('POST', `/admin/v1/tenants/${tenant}/tokens`, bob, { name, expires_in: 90 * 86_400 }),
    );
  const tokens = {
    acme: await mint('acme', 'acme backend'),
    birch: await mint('birch', 'nightly clean-up'),
    cedar: await mint('cedar', 'cedar reports'),
  };
  await ask('POST', '/v1/tokens', tokens.acme.token, {
    name: 'browser of Ada',
    expires_in: 600,
    scopes: ['person:read'],
    actor: 'ada@acme.example',
  });
  await ask('PATCH', '/admin/v1/tenants/acme', alice, { rate: { burst: 90 } });
  await ask('POST', '/admin/v1/tenants/cedar/suspend', bob, {});
  await ask('POST', '/admin/v1/tenants/cedar/resume', bob, {});
  return tokens;
}

/** What a tenant's object takes from the isolates of the gateway. */
interface TenantStub {
  readonly takeUsage: (report: object) => Promise<void>;
}

/** A report of hours that have passed, which no test of a minute could fill. */
async function use({ miniflare }: LocalWorker, tokens: Tokens): Promise<void> {
  const namespace = await miniflare.getDurableObjectNamespace('TENANT');
  const busy: Readonly<Record<keyof Tokens, number>> = { acme: 420, birch: 90, cedar: 34 };
  const thisHour = Math.floor(Date.now() / HOUR_MS);
  for (const tenant of ['acme', 'birch', 'cedar'] as const) {
    const hours = Array.from({ length: HOURS }, (_, ago) => {
      const hour = thisHour - ago;
      // Busy by day, quiet by night, and never twice the same.
      const day = 0.35 + 0.65 * Math.max(0, Math.sin(((hour % 24) - 6) * (Math.PI / 14)));
      const admitted = Math.round(busy[tenant] * day * (0.8 + ((hour * 37) % 40) / 100));
      const refused = tenant === 'cedar' ? Math.round(admitted * 0.4) : Math.round(admitted * 0.03);
      return {
        hour,
        token: tokens[tenant].id,
        counts: {
          admitted,
          refused: {
            [tenant === 'cedar' ? 'rate_limited' : 'property_hidden']: refused,
            ...(hour % 5 === 0 ? { scope_missing: Math.ceil(refused / 3) } : {}),
          },
          upstreamCalls: admitted,
          remembered: 0,
        },
      };
    });
    const stub: unknown = namespace.get(namespace.idFromName(tenant));
    if (!isTenant(stub)) throw new TypeError('An object of a tenant takes reports of usage.');
    const refused = tenant === 'acme' ? refusedOf(tokens.acme.id) : [];
    await stub.takeUsage({ id: crypto.randomUUID(), hours, refused });
  }
}

/** Some requests of the last minutes, newest first. */
function refusedOf(token: string): object[] {
  const request = (minutesAgo: number) => ({
    token,
    refused_at: new Date(Date.now() - minutesAgo * 60_000).toISOString(),
    request_id: `req_${randomBytes(16).toString('base64url')}`,
    method: 'GET',
    route: 'persons_list',
    attr: null,
    missing_scopes: null,
    origin: null,
    limit: null,
  });
  return [
    { ...request(2), code: 'property_hidden', attr: 'properties' },
    {
      ...request(9),
      route: 'persons_activity',
      code: 'scope_missing',
      missing_scopes: ['activity_log:read'],
    },
    {
      ...request(16),
      code: 'origin_not_allowed',
      attr: 'Origin',
      origin: 'https://staging.acme.example',
    },
  ];
}

/** What the object of alarms takes from the other objects of the gateway. */
interface AlarmsStub {
  readonly raise: (raised: readonly object[]) => Promise<void>;
}

/** A token that ends soon, and persons outside a slice. */
async function alarm({ miniflare }: LocalWorker, { cedar }: Tokens): Promise<void> {
  const namespace = await miniflare.getDurableObjectNamespace('ALARMS');
  const stub: unknown = namespace.get(namespace.idFromName('alarms'));
  if (!isAlarms(stub)) throw new TypeError('The object of alarms takes conditions.');
  const expires_at = new Date(Date.now() + 7 * 24 * HOUR_MS).toISOString();
  const ending = {
    kind: 'token_ending',
    tenant: 'cedar',
    token: cedar.id,
    name: 'cedar reports',
    expires_at,
  };
  const foreign = { kind: 'foreign_rows', tenant: 'acme', route: 'persons_list' };
  await stub.raise([
    { condition: ending, count: 1 },
    { condition: foreign, count: 3 },
  ]);
}

const isAlarms = (stub: unknown): stub is AlarmsStub =>
  (typeof stub === 'object' || typeof stub === 'function') && stub !== null;

const isTenant = (stub: unknown): stub is TenantStub =>
  (typeof stub === 'object' || typeof stub === 'function') && stub !== null;

async function erase(
  ask: Ask,
  alice: string,
  bob: string,
  { acme, birch, cedar }: Tokens,
): Promise<Pick<World, 'held' | 'done'>> {
  for (let at = 0; at < 20; at += 1) await ask('GET', '/api/projects/1/persons/?limit=5', acme.token);
  await ask('GET', '/api/projects/2/persons/?limit=5', cedar.token);
  const order = async (token: string, from: number, to: number) => {
    const distinct_ids = Array.from({ length: to - from }, (_, at) => idOf(from + at));
    return Made.parse(await ask('POST', '/v1/deletions', token, { distinct_ids })).id;
  };
  const done = await order(birch.token, 0, 40);
  await order(birch.token, 40, 60);
  await ask('POST', '/v1/deletions', acme.token, { distinct_ids: ['ben@acme.test'], delete_events: true });
  await ended(ask, alice, done);
  const held = await order(birch.token, 60, PERSONS);
  const other = await order(birch.token, 100, PERSONS);
  await ask('POST', `/admin/v1/tenants/birch/deletions/${other}/reject`, bob, { reason: 'asked for twice' });
  return { held, done };
}

const Entry = z.object({ state: z.string() });

async function ended(ask: Ask, token: string, id: string): Promise<void> {
  for (;;) {
    const { state } = Entry.parse(await ask('GET', `/admin/v1/tenants/birch/deletions/${id}`, token));
    if (state === 'done') return;
    await new Promise((resolve) => {
      setTimeout(resolve, 200);
    });
  }
}
