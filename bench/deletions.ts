/**
 * `node bench/deletions.ts`: how long a job that deletes many persons takes beside the same calls made one after another
 * to the same sandbox, how many rows it writes, and how much memory the gateway takes. `--persons=100000`.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { startWorker, type LocalWorker } from '../scripts/worker.ts';
import { describeMachine } from './machine.ts';

const CHUNK_PERSONS = 1000;
/** Persons added to the sandbox in one call. */
const ADDED_AT_ONCE = 5000;
const KEY = 'phx_a-key-of-the-bench-of-deletions';
const ADMIN_TOKEN = 'an-admin-token-of-the-bench';
const POLL_MS = 100;

const { values } = parseArgs({ options: { persons: { type: 'string', default: '100000' } } });
const persons = z.coerce.number().int().min(CHUNK_PERSONS).max(100_000).parse(values.persons);

const Job = z.looseObject({ id: z.string(), state: z.string(), attempts: z.int() });

const uuidOf = (set: number, n: number): string =>
  `0000000${set}-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

const idsOf = (set: number): string[] => Array.from({ length: persons }, (_, n) => uuidOf(set, n));

/** @throws where the answer is no success. */
async function send(
  origin: string,
  method: string,
  path: string,
  token: string,
  body?: unknown,
): Promise<unknown> {
  const response = await fetch(origin + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === '' ? null : JSON.parse(text);
}

async function addPersons(origin: string, ids: readonly string[]): Promise<void> {
  for (let at = 0; at < ids.length; at += ADDED_AT_ONCE) {
    const some = ids.slice(at, at + ADDED_AT_ONCE);
    const added = some.map((uuid) => ({ project_id: 1, distinct_ids: [uuid], uuid }));
    await send(origin, 'POST', '/_sandbox/persons', KEY, added);
  }
}

/** Milliseconds of the calls that the job makes, one after another, without the gateway. */
async function timeBare(origin: string, ids: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  for (let at = 0; at < ids.length; at += CHUNK_PERSONS) {
    await send(origin, 'POST', '/api/projects/1/persons/bulk_delete/', KEY, {
      ids: ids.slice(at, at + CHUNK_PERSONS),
    });
  }
  return performance.now() - startedAt;
}

/** Milliseconds from the order to the acceptance of the last chunk. */
async function timeJob(gateway: string, token: string, ids: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  const { id } = Job.parse(await send(gateway, 'POST', '/v1/deletions', token, { ids }));
  for (;;) {
    const { state } = Job.parse(await send(gateway, 'GET', `/v1/deletions/${id}`, token));
    if (state === 'settling' || state === 'done') return performance.now() - startedAt;
    if (state !== 'sending' && state !== 'held') throw new Error(`the job is ${state}`);
    await wait(POLL_MS);
  }
}

/** Rows of every table of the deletion log. */
function rowsIn(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.includes('DeletionLog') && file.endsWith('.sqlite'),
  );
  return files.reduce((sum, file) => {
    const db = new DatabaseSync(join(folder, file), { readOnly: true });
    const tables = db
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'")
      .all();
    const rows = tables
      .filter(({ name }) => !String(name).startsWith('sqlite_'))
      .map(({ name }) =>
        Number(db.prepare(`SELECT count(*) AS rows FROM "${String(name)}"`).get()?.['rows']),
      );
    db.close();
    return sum + rows.reduce((left, right) => left + right, 0);
  }, 0);
}

/** The most memory that any workerd of this machine's children has taken, in MB; null where `/proc` is missing. */
function peakMegabytes(): number | null {
  try {
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
    const peaks = children.flatMap((pid) => {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      return /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? [];
    });
    return Math.max(...peaks.map(Number)) / 1024;
  } catch {
    return null;
  }
}

const started: LocalWorker[] = [];
const folder = mkdtempSync(join(tmpdir(), 'hedgerow-bench-'));
async function startedWorker(
  config: string,
  bindings: Readonly<Record<string, string>>,
  kept: string | null,
) {
  const worker = await startWorker({ config, port: 0, bindings, stateFolder: kept, onLine: () => undefined });
  started.push(worker);
  return worker.origin;
}

try {
  console.log(describeMachine());
  const sandbox = await startedWorker(
    'src/sandbox/wrangler.toml',
    { SANDBOX_API_KEY: KEY, SANDBOX_GENERATION: 'B' },
    null,
  );
  await send(sandbox, 'POST', '/_sandbox/reset', KEY, { generation: 'B', throttle: false });
  const gateway = await startedWorker(
    'wrangler.toml',
    {
      POSTHOG_HOST: sandbox,
      POSTHOG_PERSONAL_API_KEY: KEY,
      POSTHOG_GENERATION: 'B',
      UPSTREAM_REQUESTS_PER_MINUTE: '10000000',
      ADMIN_TOKEN,
      TOKEN_SIGNING_KEYS: `k1:${'s'.repeat(32)}`,
    },
    folder,
  );
  await send(gateway, 'PUT', '/admin/v1/tenants/bench', ADMIN_TOKEN, {
    name: 'Bench',
    project_id: 1,
    scopes: ['person:delete'],
    rate: { requests_per_minute: 100_000, burst: 1000 },
    deletes: { persons_per_day: 10_000_000 },
  });
  const minted = await send(gateway, 'POST', '/admin/v1/tenants/bench/tokens', ADMIN_TOKEN, {
    name: 'bench',
  });
  const { token } = z.looseObject({ token: z.string() }).parse(minted);
  await addPersons(sandbox, [...idsOf(1), ...idsOf(2)]);

  const bareMs = await timeBare(sandbox, idsOf(1));
  const before = rowsIn(folder);
  const jobMs = await timeJob(gateway, token, idsOf(2));
  console.log(`${persons} persons in ${Math.ceil(persons / CHUNK_PERSONS)} calls`);
  console.log(`bare calls     ${Math.round(bareMs)} ms`);
  console.log(
    `job            ${Math.round(jobMs)} ms, ${(jobMs / bareMs).toFixed(2)} of the bare calls (aim: at most 1.3)`,
  );
  console.log(`rows kept      ${rowsIn(folder) - before} (aim: fewer than 1000 written)`);
  console.log(`peak memory    ${peakMegabytes()?.toFixed(0) ?? 'unknown'} MB of the larger workerd`);
} finally {
  await Promise.all(started.map((worker) => worker.stop()));
  rmSync(folder, { recursive: true, force: true });
}
