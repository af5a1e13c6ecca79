/** Rounds of one change each, made while every isolate is being asked, while isolates are killed and objects restart. */
import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '../../../src/core/limits.ts';
import { clientOf, together, type Answer } from '../client.ts';
import { randomFrom } from '../random.ts';
import type { SandboxControl } from '../sandbox.ts';
import { ADMIN_TOKEN } from '../secrets.ts';
import { tenantsOf, type Tenants } from '../tenants.ts';
import { CHANGES, type Change, type ChangeKind, type Subject } from './changes.ts';
import { crash, type Crashing } from './crashing.ts';
import { Crowd, type CrowdOptions } from './crowd.ts';
import type { GatewayProcesses } from './processes.ts';
import { startReaders, type Read } from './readers.ts';

export interface RoundsOptions {
  readonly processes: GatewayProcesses;
  readonly sandbox: SandboxControl;
  readonly kinds: readonly ChangeKind[];
  /** Of each kind. */
  readonly rounds: number;
  readonly atOnce: CrowdOptions;
  readonly seed: number;
}

export interface RoundsOutcome {
  /** Answers that nobody may be given any more: with what was changed, and how long after the change was answered. */
  readonly forbidden: readonly string[];
  readonly rounds: number;
  /** Answers to requests that were sent before the change was answered, and after. */
  readonly before: number;
  readonly after: number;
  /** Those that an isolate gave without asking the tenant's object. */
  readonly leased: number;
  /** Those that were given again without asking PostHog. */
  readonly remembered: number;
  readonly kills: number;
  readonly crashes: number;
  readonly evictions: number;
}

const PROJECTS = [1, 2] as const;
/** The longest time between two kills: a round of a few seconds sees one of the four isolates killed. */
const KILL_MS_MAX = 8000;
/** Reads of each isolate after which it has been given leases. */
const LEASING_READS = 2;
/** Between two questions whether a deletion that is yet to be sent was sent. */
const AHEAD_PAUSE_MS = 1000;
const TEAM = 'red';

const uuidOf = (nth: number): string => `0000000b-0000-4000-8000-${nth.toString(16).padStart(12, '0')}`;
const secretOf = (nth: number): string => `secret-of-${nth}.`;
const projectOf = (nth: number): number => PROJECTS[nth % PROJECTS.length] ?? 1;

interface Counts {
  crashes: number;
  evictions: number;
}

interface Scene extends RoundsOptions {
  readonly agent: Agent;
  readonly crowd: Crowd;
  readonly origins: readonly string[];
  readonly tenants: Tenants;
  readonly deleters: ReadonlyMap<number, string>;
  readonly counts: Counts;
}

export async function playRounds(options: RoundsOptions): Promise<RoundsOutcome> {
  const { processes, sandbox, kinds, rounds, atOnce } = options;
  const send = clientOf(processes.keeper.origin);
  const admin = (method: string, path: string, json?: unknown): Promise<Answer> =>
    send(method, `/admin/v1/tenants${path}`, { token: ADMIN_TOKEN, ...(json === undefined ? {} : { json }) });
  const tenants = tenantsOf(admin, send);
  const all = Array.from({ length: rounds }, () => kinds).flat();
  await sandbox.addPersons(
    all.map((_, nth) => ({
      project_id: projectOf(nth),
      uuid: uuidOf(nth),
      distinct_ids: [`person-${nth}`],
      properties: { secret: secretOf(nth), team: TEAM },
    })),
  );
  const deleters = new Map<number, string>();
  for (const projectId of PROJECTS) {
    deleters.set(projectId, (await tenants.fresh({ project_id: projectId })).token);
  }
  const agent = new Agent({ keepAlive: true });
  const origins = processes.isolates.map(({ origin }) => origin);
  const crowd = new Crowd(atOnce);
  const scene = {
    ...options,
    agent,
    crowd,
    origins,
    tenants,
    deleters,
    counts: { crashes: 0, evictions: 0 },
  };
  const killing = startKilling(options);
  try {
    const play = (kind: ChangeKind, nth: number) => crowd.join(() => playRound(scene, kind, nth));
    const played = await together(all, play, atOnce.max);
    const sum = (count: (one: Played) => number) => played.reduce((total, one) => total + count(one), 0);
    return {
      forbidden: played.flatMap(({ forbidden }) => forbidden),
      rounds: all.length,
      before: sum(({ before }) => before),
      after: sum(({ after }) => after),
      leased: sum(({ leased }) => leased),
      remembered: sum(({ remembered }) => remembered),
      kills: await killing.stop(),
      ...scene.counts,
    };
  } finally {
    await killing.stop();
    agent.destroy();
  }
}

/** Kills one isolate after the other, at random moments. */
function startKilling({ processes: { isolates }, seed }: RoundsOptions): { stop: () => Promise<number> } {
  const random = randomFrom(seed);
  const until = new AbortController();
  let kills = 0;
  const killing = (async () => {
    while (!until.signal.aborted) {
      await sleep(KILL_MS_MAX * random());
      await isolates[Math.floor(random() * isolates.length)]?.kill();
      kills += 1;
    }
  })();
  return {
    stop: async () => {
      until.abort();
      await killing;
      return kills;
    },
  };
}

interface Played {
  readonly forbidden: readonly string[];
  readonly before: number;
  readonly after: number;
  readonly leased: number;
  readonly remembered: number;
}

async function playRound(scene: Scene, kind: ChangeKind, nth: number): Promise<Played> {
  const { agent, origins, tenants, deleters, counts, kinds } = scene;
  const random = randomFrom(scene.seed + nth * 7919);
  const ways: readonly Change[] = CHANGES[kind];
  const change = ways[Math.floor(nth / kinds.length) % ways.length]!;
  const projectId = projectOf(nth);
  const record = {
    project_id: projectId,
    // So slow that an answer by the tenant's object leaves less than the one before.
    rate: { requests_per_minute: 1, burst: 1_000_000 },
    reads: { remember_seconds: 60 },
  };
  // A crash of any object may end connections that wait for others of its process.
  const { tenant, token, id } = await tenants.fresh(record).catch(() => tenants.fresh(record));
  const subject = {
    tenant,
    tokenId: id,
    projectId,
    person: uuidOf(nth),
    deleter: deleters.get(projectId) ?? '',
  };
  const path = `/api/projects/${projectId}/persons/${subject.person}/`;
  const readers = startReaders(
    agent,
    origins,
    { path, token, person: subject.person, secret: secretOf(nth) },
    (ms) => scene.crowd.note(ms),
  );
  // Takes an object's memory away, or does nothing.
  const disturb = async (): Promise<void> => {
    const chance = random();
    if (chance < 0.3) await crashOne(scene, 'TENANT', tenant);
    else if (chance < 0.4) await crashOne(scene, 'SHIELD', String(projectId));
    else if (chance < 0.5) counts.evictions += await evict(scene, tenant);
  };
  await readers.eachRead(LEASING_READS);
  await sleep(random() * LIMITS.leaseTermMs);
  // An object that has just restarted has given no lease yet, and those from before may still be used.
  await disturb();
  const changing = makeUntilAnswered(scene, change, subject, random);
  await sleep(random() * LIMITS.leaseTermMs);
  await disturb();
  const answeredMs = await changing;
  await sleep(LIMITS.leaseTermMs);
  await readers.eachAnswered(answeredMs);
  const reads = await readers.stop();
  return countOf(kind, change, reads, answeredMs);
}

/** Asks one isolate after the other: one that is killed, or whose object restarts, answers nobody. */
async function makeUntilAnswered(
  { origins }: Scene,
  change: Change,
  subject: Subject,
  random: () => number,
): Promise<number> {
  for (;;) {
    const send = clientOf(origins[Math.floor(random() * origins.length)] ?? '');
    const answer = await change.make(send, subject).catch(() => null);
    const isMade = answer !== null && (answer.status < 300 || answer.status === 404);
    if (isMade && change.isAhead?.(answer) !== true) return performance.now();
    if (answer !== null && !isMade && answer.status < 500) throw new Error(`${answer.status} ${answer.text}`);
    await sleep(isMade ? AHEAD_PAUSE_MS : 20);
  }
}

async function crashOne({ processes, counts }: Scene, binding: Crashing, name: string): Promise<void> {
  counts.crashes += 1;
  await crash(processes.keeper.origin, binding, name).catch(() => undefined);
}

/**
 * How many were evicted: an object that is busy without end is not. An eviction lets nobody in until the object has nothing to
 * do, so the shield is not evicted here: of those it lets wait, some wait for the next who comes.
 */
async function evict({ processes }: Scene, tenant: string): Promise<number> {
  try {
    await processes.keeper.miniflare.unsafeEvictDurableObject('hedgerow', 'Tenant', { name: tenant });
    return 1;
  } catch {
    return 0;
  }
}

function countOf(kind: ChangeKind, { forbids }: Change, reads: readonly Read[], answeredMs: number): Played {
  const after = reads.filter(({ sentMs }) => sentMs > answeredMs);
  const before = reads.filter(({ sentMs }) => sentMs <= answeredMs);
  const forbidden = [
    ...before.filter(({ isForeign }) => isForeign),
    ...after.filter((read) => read.isForeign || read.shows || (read.status < 500 && forbids(read))),
  ].map(
    ({ sentMs, isolate, status, code, shows, begins }) =>
      `${kind}, ${Math.round(sentMs - answeredMs)} ms later, isolate ${isolate}: ${status} ${code ?? begins}${shows ? ', shown' : ''}`,
  );
  const leased = before.filter(
    ({ remaining, isolate }, at) =>
      remaining !== null &&
      before.slice(0, at).findLast((one) => one.isolate === isolate)?.remaining === remaining,
  );
  const remembered = before.filter(({ isRemembered }) => isRemembered);
  return {
    forbidden,
    before: before.length,
    after: after.length,
    leased: leased.length,
    remembered: remembered.length,
  };
}
