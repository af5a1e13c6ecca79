/** A gateway that is killed in the middle of deletions, again and again. `npm run test:kill` does it fifty times. */
import { rmSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LocalWorker } from '../../scripts/worker.ts';
import { clientOf, until } from '../support/client.ts';
import { launchGateway, makeFolder, pickPort, type Launched } from '../support/launcher.ts';
import { sandboxControl, type SandboxControl } from '../support/sandbox.ts';
import { ADMIN_TOKEN, KEY, SECRETS } from '../support/secrets.ts';
import { launch } from '../support/stack.ts';

const KILLS = Number(process.env['KILLS'] ?? 2);
const JOB_PERSONS = 1500;
const CALL_PERSONS = 20;
/** More than are ever deleted: the fuse counts, and holds nothing. */
const FUSE_PERSONS = 1_000_000;
/** The longest time between the order and the kill: a job of two calls takes about as long. */
const MS_MAX = 400;
/** The largest prime below 2^31 and a generator of it: the moments of the kills are the same in every run. */
const [MODULUS, FACTOR] = [2_147_483_647, 48_271];

/** A gateway that is killed in its alarm has the next one a minute later, and attempts follow each other with pauses. */
const END_MS_MAX = 240_000;

const folder = makeFolder();
let sandbox: LocalWorker;
let control: SandboxControl;
let environment: Readonly<Record<string, string>>;
let gateway: Launched;
let named = 0;

const asAdmin = (method: string, path: string, json?: unknown) =>
  clientOf(gateway.origin)(method, `/admin/v1/tenants/acme${path}`, {
    token: ADMIN_TOKEN,
    ...(json === undefined ? {} : { json }),
  });

interface Entry {
  readonly id: string;
  readonly state: string;
  readonly intended_at: string;
  readonly asked: number;
}

async function entries(): Promise<Entry[]> {
  const found: Entry[] = [];
  let path: string | null = '/deletions?limit=100';
  while (path !== null) {
    const { json } = await asAdmin('GET', path);
    const page = json as { results: Entry[]; next: string | null };
    found.push(...page.results);
    path = page.next === null ? null : `/deletions?${page.next.split('?')[1] ?? ''}`;
  }
  return found;
}

async function newPersons(count: number): Promise<string[]> {
  const persons = Array.from({ length: count }, () => {
    named += 1;
    const uuid = `11111111-0000-4000-8000-${named.toString(16).padStart(12, '0')}`;
    return { project_id: 1, distinct_ids: [`killed-${named}`], uuid };
  });
  await control.addPersons(persons);
  return persons.map(({ uuid }) => uuid);
}

beforeAll(async () => {
  sandbox = await launch('src/sandbox/wrangler.toml', { SANDBOX_API_KEY: KEY });
  control = sandboxControl(sandbox.origin);
  await control.reset({ generation: 'B' });
  environment = {
    ...SECRETS,
    POSTHOG_HOST: sandbox.origin,
    POSTHOG_GENERATION: 'B',
    SLOW_TIMEOUT_MS: '500',
    DELETE_FUSE_PERSONS_PER_DAY: String(FUSE_PERSONS),
    PORT: String(await pickPort()),
    HEDGEROW_FOLDER: folder,
  };
  gateway = await launchGateway(environment);
});

afterAll(async () => {
  await gateway.kill();
  await sandbox.stop();
  rmSync(folder, { recursive: true, force: true });
});

test(
  'Every person that is gone has an intent that came first, and every deletion that ended tells the truth, however often the gateway is killed',
  async () => {
    await asAdmin('PUT', '', {
      name: 'Acme',
      project_id: 1,
      scopes: ['person:delete'],
      deletes: { persons_per_day: 1_000_000 },
    });
    const { token } = (await asAdmin('POST', '/tokens', { name: 'killer' })).json as { token: string };
    const asked: string[] = [];
    let seed = 20_261_126;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const send = clientOf(gateway.origin);
      const [job, call] = [await newPersons(JOB_PERSONS), await newPersons(CALL_PERSONS)];
      asked.push(...job, ...call);
      const ordered = send('POST', '/v1/deletions', { token, json: { ids: job } });
      const sent = Promise.allSettled([
        ordered,
        send('POST', '/api/projects/1/persons/bulk_delete/', { token, json: { ids: call } }),
      ]);
      // Every other kill comes after the order was answered, so that on a slow machine something was written too.
      if (kill % 2 === 1) await ordered;
      seed = (seed * FACTOR) % MODULUS;
      await wait((seed / MODULUS) * MS_MAX);
      await gateway.kill();
      await sent;
      gateway = await launchGateway(environment);
    }

    const ended = await until(
      'every deletion has ended',
      async () => {
        const all = await entries();
        return all.every(({ state }) => ['settling', 'done', 'failed'].includes(state)) ? all : undefined;
      },
      END_MS_MAX,
    );
    const there = new Set((await control.state()).persons.map(({ uuid }) => uuid));
    const claimed = new Set<string>();
    for (const { id, state } of ended) {
      const { ids } = (await asAdmin('GET', `/deletions/${id}`)).json as { ids: string[] | null };
      // Above 1,000 the ids are not in the detail: they are one of the jobs, found by what is gone.
      for (const each of ids ?? []) {
        claimed.add(each);
        if (state !== 'failed') expect(there.has(each), `${id} is ${state}`).toBe(false);
      }
    }
    const large = ended.filter(({ state }) => state !== 'failed').length;
    expect(large).toBeGreaterThan(0);
    const gone = asked.filter((uuid) => !there.has(uuid));
    const jobsGone = gone.filter((uuid) => !claimed.has(uuid));
    // A job is carried out whole or was never written down.
    expect(jobsGone.length % JOB_PERSONS).toBe(0);
    const fuse = await clientOf(gateway.origin)('GET', '/admin/v1/fuse', { token: ADMIN_TOKEN });
    const counted = FUSE_PERSONS - (fuse.json as { remaining: number }).remaining;
    // Each person that is gone was counted, and each that was asked for was counted once at most.
    expect(counted).toBeGreaterThanOrEqual(gone.length);
    expect(counted).toBeLessThanOrEqual(ended.reduce((sum, entry) => sum + entry.asked, 0));
    const written = ended.length;
    const orders = (await control.received()).filter(({ target }) => target.includes('bulk_delete'));
    expect(orders.length).toBeGreaterThanOrEqual(written);
  },
  KILLS * 60_000 + END_MS_MAX,
);
