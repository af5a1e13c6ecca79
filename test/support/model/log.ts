/** The deletion log as it is deployed, in Node, over a disk that outlives it and a PostHog that is not well. */
import * as z from 'zod';
import {
  DeletionId,
  newRequestId,
  ProjectId,
  RegistrationId,
  TenantId,
  TokenId,
  type PersonUuid,
} from '../../../src/core/ids.ts';
import type { Result } from '../../../src/core/result.ts';
import {
  DeletionLog,
  type DeletionEntry,
  type DeletionOrder,
} from '../../../src/objects/deletion-log/deletion-log.ts';
import { numberOf } from '../../../src/objects/deletion-log/id.ts';
import type { TenantRequesters } from '../../../src/objects/tenant/tenant.ts';
import type { Decision } from '../../../src/objects/deletion-log/job/decision.ts';
import {
  JOB_EVENTS,
  JOB_STATES,
  type JobEvent,
  type JobState,
} from '../../../src/objects/deletion-log/job/job.ts';
import { STATE } from '../../../src/objects/deletion-log/storage/jobs.ts';
import { upstreamOf, type Upstream } from '../../../src/objects/deletion-log/send.ts';
import { Disk } from './disk.ts';
import { FuseInNode } from './fuse.ts';
import { addPlatform } from './platform.ts';
import { PostHog } from './posthog.ts';

addPlatform();

export const START = Date.parse('2031-05-01T12:00:00.000Z');

const PROJECT = ProjectId.parse(1);
const TENANT = TenantId.parse('acme');
const TOKEN = TokenId.parse(`tok_${'a'.repeat(22)}`);
const REGISTRATION = RegistrationId.parse(`reg_${'r'.repeat(22)}`);
const OPERATOR = { kind: 'operator' } as const;
const ENVIRONMENT = {
  POSTHOG_HOST: 'https://posthog.example',
  POSTHOG_PERSONAL_API_KEY: 'phx_a-key-of-the-model',
  ADMIN_TOKEN: 'an-admin-token-of-the-model',
  TOKEN_SIGNING_KEYS: `k1:${'s'.repeat(32)}`,
  SLOW_TIMEOUT_MS: '100',
  /** Alarms have tests of their own. */
  ALARMS: { getByName: () => ({ raise: () => Promise.resolve() }) },
  /** Tombstones have tests of their own. */
  SHIELD: {
    getByName: () => ({
      bury: (tombstones: readonly unknown[]) => Promise.resolve(tombstones.length),
      endTombstones: () => Promise.resolve(0),
      forgetAnswers: () => Promise.resolve(),
    }),
  },
};
const FLAGS = { delete_events: false, delete_recordings: false, keep_person: false };

const Row = z.object({ id: DeletionId, state: z.enum(JOB_STATES), reason: z.string().nullable() });

export type Holds = DeletionOrder['holds'];

/** One life of the object. What it does after its death reaches neither the disk nor anybody. */
class Life extends DeletionLog {
  readonly #posthog: PostHog;

  constructor(disk: Disk, posthog: PostHog, fuse: FuseInNode | null, isAlive: () => boolean) {
    const guarded =
      <A extends unknown[], R>(work: (...given: A) => R) =>
      (...given: A): R => {
        if (!isAlive()) throw new Error('the object is dead');
        return work(...given);
      };
    const { sql, transactionSync, getAlarm, setAlarm, deleteAlarm } = disk.storage;
    const storage = {
      sql: { exec: guarded(sql.exec) },
      transactionSync: guarded(transactionSync),
      getAlarm: guarded(getAlarm),
      setAlarm: guarded(setAlarm),
      deleteAlarm: guarded(deleteAlarm),
    };
    const context = {
      storage,
      waitUntil: (work: Promise<unknown>) => void work.catch(() => undefined),
      blockConcurrencyWhile: (work: () => Promise<unknown>) => work(),
    };
    const environment = {
      ...ENVIRONMENT,
      FUSE: fuse?.binding,
      DELETE_FUSE_PERSONS_PER_DAY: String(fuse?.personsPerDay ?? ''),
    };
    // The two parts of the platform's types that the object uses.
    super(
      context as unknown as DurableObjectState,
      environment as unknown as ConstructorParameters<typeof DeletionLog>[1],
    );
    this.#posthog = posthog;
  }

  protected override upstream(): Result<Upstream> {
    return upstreamOf(
      this.env,
      this.#posthog.answer,
      () => this.#posthog.nowMs,
      () => undefined,
    );
  }

  protected override askTenant(): Promise<TenantRequesters> {
    return Promise.resolve({ registration: REGISTRATION, names: [], minter: null });
  }
}

export class LogInNode {
  readonly disk = new Disk();
  readonly posthog = new PostHog();
  readonly fuse: FuseInNode | null;
  #life!: Life;
  #generation = 0;
  #named = 0;
  #death = Promise.withResolvers<null>();

  private constructor(fuse: FuseInNode | null) {
    this.fuse = fuse;
  }

  /** Behind a fuse of so many persons a day; null: without. */
  static async open(at: number, fusePersonsPerDay: number | null): Promise<LogInNode> {
    const fuse = fusePersonsPerDay === null ? null : new FuseInNode(fusePersonsPerDay);
    const log = new LogInNode(fuse);
    log.#setClock(at);
    log.posthog.onDeath = () => log.#death.resolve(null);
    if (fuse !== null) fuse.onDeath = () => log.#death.resolve(null);
    log.restart();
    await Promise.resolve();
    return log;
  }

  close(): void {
    this.#generation += 1;
    this.disk.close();
    this.fuse?.close();
  }

  /** Ends the object and starts another over the same disk. */
  restart(): void {
    this.#generation += 1;
    const generation = this.#generation;
    this.#death = Promise.withResolvers<null>();
    this.#life = new Life(this.disk, this.posthog, this.fuse, () => this.#generation === generation);
  }

  get nowMs(): number {
    return this.posthog.nowMs;
  }

  wait(ms: number): void {
    this.#setClock(this.posthog.nowMs + ms);
  }

  /** UUIDs of new persons, and of nobody. */
  newPersons(persons: number, nobody: number): string[] {
    const ids = Array.from({ length: persons + nobody }, () => {
      this.#named += 1;
      return `00000000-0000-4000-8000-${this.#named.toString(16).padStart(12, '0')}`;
    });
    for (const id of ids.slice(0, persons)) this.posthog.persons.add(id);
    return ids;
  }

  async order(
    kind: 'create' | 'carry out',
    ids: readonly PersonUuid[],
    budget: number,
    holds: Holds,
  ): Promise<void> {
    const order: DeletionOrder = {
      tenant: TENANT,
      registration: REGISTRATION,
      requestId: newRequestId((bytes) => new Uint8Array(bytes)),
      token: TOKEN,
      ancestors: [],
      deletion: {
        operation: 'persons_bulk_delete',
        projectId: PROJECT,
        target: { kind: 'uuids', ids },
        flags: FLAGS,
      },
      budgets: [{ holder: 'tenant', persons_per_day: budget }],
      holds,
    };
    await this.#live(kind === 'create' ? this.#life.create(order) : this.#life.carryOut(order));
  }

  /** The alarm rings, if one is set, at its time. */
  async ring(): Promise<void> {
    const { alarm } = this.disk;
    if (alarm === null) return;
    this.#setClock(Math.max(this.posthog.nowMs, alarm));
    this.disk.alarm = null;
    const before = this.disk.alarm;
    await this.#live(this.#life.alarm());
    // The platform rings again where the object died in its alarm.
    if (this.disk.alarm === before && this.#open() > 0) this.disk.alarm = this.posthog.nowMs;
  }

  /** True where it was carried out. */
  async decide(id: DeletionId, decision: Decision): Promise<boolean> {
    await Promise.resolve();
    return this.#life.decide(id, decision, 'operator', 'a reason', OPERATOR).ok;
  }

  async entries(): Promise<DeletionEntry[]> {
    return (await this.#life.list({ limit: 100, before: null }, OPERATOR)).rows;
  }

  /** What the log says of each entry now, as its rows have it. */
  states(): { readonly id: DeletionId; readonly state: JobState; readonly reason: string | null }[] {
    return this.disk
      .rows(
        `SELECT i.id, ${STATE} AS state, (SELECT event FROM transitions WHERE entry = i.entry ORDER BY step DESC LIMIT 1) AS reason
        FROM intents i LEFT JOIN jobs j ON j.entry = i.entry LEFT JOIN outcomes o ON o.entry = i.entry`,
      )
      .map((row) => Row.parse(row));
  }

  /** How often PostHog was sent any of these. */
  callsFor(ids: readonly string[]): number {
    const asked = new Set(ids);
    return this.posthog.calls.filter((call) => call.ids.some((id) => asked.has(id))).length;
  }

  /** The rows of its way, as they are stored. */
  events(id: DeletionId): { readonly began: JobState; readonly events: readonly JobEvent[] } {
    const entry = numberOf(id);
    const [job] = this.disk.rows(`SELECT began FROM jobs WHERE entry = ${entry}`);
    const rows = this.disk.rows(`SELECT event FROM transitions WHERE entry = ${entry} ORDER BY step`);
    return {
      began: job?.['began'] as JobState,
      events: rows.flatMap(({ event }) => JOB_EVENTS.filter((one) => one === event)),
    };
  }

  /** What is left of the charge of each entry. */
  charges(): { readonly id: DeletionId; readonly left: number }[] {
    return this.disk
      .rows(
        `SELECT i.id, i.asked - coalesce((SELECT sum(persons) FROM releases WHERE entry = i.entry), 0) AS left FROM intents i`,
      )
      .map(({ id, left }) => ({ id: DeletionId.parse(id), left: Number(left) }));
  }

  /** Deletions with persons that the fuse still counts, and that are not to be deleted any more. */
  notGivenBack(): number {
    const [row] = this.disk.rows(
      `SELECT count(*) AS behind FROM fused f WHERE EXISTS (SELECT 1 FROM transitions WHERE entry = f.entry
        AND state IN ('settling', 'done', 'nobody', 'failed', 'cancelled'))`,
    );
    return Number(row?.['behind']);
  }

  #open(): number {
    return Number(this.disk.rows('SELECT count(*) AS open FROM open')[0]?.['open']);
  }

  /** Waits for the end of the work, or for the death of the object, which starts the next. */
  async #live(work: Promise<unknown>): Promise<void> {
    work.catch(() => undefined);
    const ended = await Promise.race([
      work.then(
        () => 'ended',
        () => 'ended',
      ),
      this.#death.promise,
    ]);
    if (ended === null) this.restart();
  }

  #setClock(ms: number): void {
    this.posthog.nowMs = ms;
    clock.ms = ms;
  }
}

/** What `Date.now` reads. */
const clock = { ms: START };
Date.now = () => clock.ms;
