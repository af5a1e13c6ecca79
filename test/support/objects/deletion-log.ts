/** The deletion log in the Worker the object tests run in, and what they give it. */
import { env } from 'cloudflare:workers';
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { expect, vi } from 'vitest';
import type { Deletion, DeletionFlags, DeletionTarget } from '../../../src/catalogue/deletion.ts';
import type { Generation } from '../../../src/catalogue/generation.ts';
import {
  newRequestId,
  PersonUuid,
  ProjectId,
  RegistrationId,
  TenantId,
  TokenId,
  type DeletionId,
  type Random,
} from '../../../src/core/ids.ts';
import type { Condition, RaisedCondition } from '../../../src/core/alarms/condition.ts';
import type { OperatorName } from '../../../src/core/operators.ts';
import { digestOf } from '../../../src/objects/deletion-log/digest.ts';
import { parseKeyring } from '../../../src/authn/keyring.ts';
import { distinctIdHasher } from '../../../src/objects/deletion-log/distinct-id-key.ts';
import { keysOf } from '../../../src/objects/deletion-log/reset-scope.ts';
import { askedOf } from '../../../src/objects/deletion-log/entry.ts';
import { deletionIdOf, nextNumber } from '../../../src/objects/deletion-log/id.ts';
import {
  DeletionLog as Real,
  type DeletionLogEnv,
  type DeletionEntry,
  type DeletionOrder,
  type LogView,
} from '../../../src/objects/deletion-log/deletion-log.ts';
import { Registrations } from '../../../src/objects/deletion-log/storage/registrations.ts';
import { DeletionResolutions } from '../../../src/objects/deletion-log/storage/resolutions.ts';
import { DeletionStore } from '../../../src/objects/deletion-log/storage/store.ts';
import type { Remote } from '../../../src/objects/remote.ts';
import type { TenantRequesters } from '../../../src/objects/tenant/tenant.ts';
import type { Slice } from '../../../src/policy/slice.ts';
import type { Resolution } from '../../../src/slicing/resolve-deletion.ts';
import { setTime, testAt } from './clock.ts';

export const KEY = 'phx_a-key-"only"-the-gateway-holds';
export const RING = `k1:${'s'.repeat(32)}`;
export const ORIGIN = 'https://posthog.example';

export const registrationId = (letter: string): RegistrationId =>
  RegistrationId.parse(`reg_${letter.repeat(22)}`);

/** The registration of the tenant in every order that names no other. */
export const REGISTRATION = registrationId('r');

/** The object as it is deployed, with an environment. */
export class DeletionLog extends Real {
  #registration: RegistrationId | null = REGISTRATION;
  #names: readonly (string | null)[] = [];
  #minter: OperatorName | null = null;
  readonly #reach: { fuse: DeletionLogEnv['FUSE'] };
  readonly #alarms: { raised: Condition[]; away: boolean };

  constructor(ctx: DurableObjectState, bindings: DeletionLogEnv) {
    const reach = { fuse: bindings.FUSE };
    const alarms = { raised: [] as Condition[], away: false };
    const raise = (raised: readonly RaisedCondition[]): Promise<void> => {
      if (alarms.away) return Promise.reject(new Error('the object of alarms is away'));
      alarms.raised.push(...raised.map(({ condition }) => condition));
      return Promise.resolve();
    };
    const configured = {
      ...bindings,
      FUSE: {
        getByName: (name: string) => reach.fuse.getByName(name),
        jurisdiction: () => ({ getByName: (name: string) => reach.fuse.getByName(name) }),
      },
      ALARMS: { getByName: () => ({ raise }) } as unknown as DeletionLogEnv['ALARMS'],
      POSTHOG_HOST: ORIGIN,
      POSTHOG_PERSONAL_API_KEY: KEY,
      ADMIN_TOKEN: 'an admin token'.replaceAll(' ', '-').padEnd(32, '.'),
      TOKEN_SIGNING_KEYS: RING,
      SLOW_TIMEOUT_MS: '100',
      POSTHOG_GENERATION: ctx.id.name?.slice(0, 1) ?? 'B',
    };
    super(ctx, configured);
    this.#reach = reach;
    this.#alarms = alarms;
  }

  /** What the tenant's object says of its registration; null for a tenant that was removed. */
  register(registration: RegistrationId | null): void {
    this.#registration = registration;
  }

  protected override askTenant(): Promise<TenantRequesters> {
    return Promise.resolve({ registration: this.#registration, names: this.#names, minter: this.#minter });
  }

  /** What the tenant's object says of the names of tokens: those of the ancestors, then the token's own. */
  call(names: readonly (string | null)[]): void {
    this.#names = names;
  }

  /** Which operator the tenant's object says minted the tokens from now on. */
  mintedBy(operator: OperatorName | null): void {
    this.#minter = operator;
  }

  /** Puts something between the log and the fuse, until the object is evicted. */
  reachFuseBy(fuse: DeletionLogEnv['FUSE']): void {
    this.#reach.fuse = fuse;
  }

  /** What it has raised since it was last asked. */
  raisedAlarms(): Condition[] {
    return this.#alarms.raised.splice(0);
  }

  /** From now on the object of alarms answers, or does not. */
  reachAlarms(isThere: boolean): void {
    this.#alarms.away = !isThere;
  }

  /** What a deployment with other variables does, until the object is evicted. */
  reconfigure(variables: {
    POSTHOG_HOST?: string;
    POSTHOG_GENERATION?: Generation;
    TOKEN_SIGNING_KEYS?: string;
    DELETE_FUSE_PERSONS_PER_DAY?: string;
  }): void {
    this.env = { ...this.env, ...variables };
  }
}

const { DELETION_LOG } = env as unknown as { DELETION_LOG: DurableObjectNamespace<DeletionLog> };

export type Stub = DurableObjectStub<DeletionLog>;

const reached = (stub: Stub) => ({ stub, log: stub as unknown as Remote<Real> });

/** A log nobody has written to: the stub for the test's tools, and the same as its callers see it. */
export const freshLog = (generation: Generation = 'B') =>
  reached(DELETION_LOG.getByName(`${generation} ${crypto.randomUUID()}`));

/** The same log through a new stub: one whose object died answers no more. */
export const sameLog = (stub: Stub) => reached(DELETION_LOG.get(stub.id));

/** PostHog's summary of a bulk delete of two persons, in generation B. */
export const SUMMARY = {
  persons_found: 2,
  persons_deleted: 2,
  events_queued_for_deletion: false,
  recordings_queued_for_deletion: false,
  deletion_errors: [],
};

/** Far enough ahead that no alarm of a test ever rings by itself. */
export const NOW = Date.parse('2031-05-01T12:00:00.000Z');
export const test = testAt(NOW);
export { setTime };
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export type Answer = (request: { url: string; init: RequestInit }) => Response | Promise<Response>;

/** PostHog: gives these answers in order, the last one for ever, and keeps what it was sent. */
export function posthog(...answers: [Answer, ...Answer[]]) {
  const sent: { url: string; init: RequestInit }[] = [];
  const last = answers.at(-1) as Answer;
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init = {}) => {
    const request = { url: new Request(input).url, init };
    sent.push(request);
    return (answers[sent.length - 1] ?? last)(request);
  });
  return sent;
}

/** Of what PostHog was sent, that which deletes. The rest are look-ups of persons. */
export const deletionsIn = <T extends { url: string; init: RequestInit }>(sent: readonly T[]): T[] =>
  sent.filter(({ url, init }) => init.method === 'DELETE' || /\/(?:bulk_delete|delete_\w+)\/$/.test(url));

/** What PostHog was sent, as it reads it. */
export function bodyOf(request: { init: RequestInit } | undefined): unknown {
  const body = request?.init.body;
  return typeof body === 'string' ? JSON.parse(body) : body;
}

/** An answer with a status, and a body: nothing, JSON, or a text as it is. */
export const answer =
  (status: number, body: object | string | null = null, headers: Record<string, string> = {}): Answer =>
  () =>
    new Response(typeof body === 'object' && body !== null ? JSON.stringify(body) : body, {
      status,
      headers,
    });

/** The connection is gone before PostHog answers. */
export const lost: Answer = () => {
  throw new TypeError('Network connection lost.');
};

/** Says yes, and goes in the middle of saying what. */
export const brokenOff: Answer = () =>
  new Response(
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"persons_found": 2, "pers'));
        controller.error(new Error('connection reset'));
      },
    }),
    { status: 202 },
  );

/** Says nothing until the caller's delivery is over. */
export const silent: Answer = ({ init }) =>
  new Promise((_, reject) => {
    init.signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
  });

export const notFound = answer(404, {
  type: 'invalid_request',
  code: 'not_found',
  detail: 'Not found.',
  attr: null,
});

/**
 * An answer that waits for the test. Both sides look at flags: a promise resolved by one object must not be awaited by
 * another.
 */
export function held(then: Answer) {
  const flags = { arrived: 0, released: false };
  const hold: Answer = async (request) => {
    flags.arrived += 1;
    while (!flags.released) await scheduler.wait(1);
    return then(request);
  };
  return {
    hold,
    /** Resolves when PostHog has `count` requests. */
    arrived: (count = 1) => vi.waitUntil(() => flags.arrived >= count, { timeout: 10_000, interval: 1 }),
    release: () => {
      flags.released = true;
    },
  };
}

/** Every row of a table, as it is stored. */
export const rowsOf = (stub: Stub, table: string) =>
  runInDurableObject(stub, (_, { storage }) => storage.sql.exec(`SELECT * FROM ${table}`).toArray());

export const alarmOf = (stub: Stub) => runInDurableObject(stub, (_, { storage }) => storage.getAlarm());

/** Registers the tenant anew, or removes it. */
export const register = (stub: Stub, registration: RegistrationId | null) =>
  runInDurableObject(stub, (instance) => (instance as DeletionLog).register(registration));

/** What the tenant's object calls the tokens that ask: those of the ancestors, then the token's own. */
export const callTokens = (stub: Stub, names: readonly (string | null)[]) =>
  runInDurableObject(stub, (instance) => (instance as DeletionLog).call(names));

export const mintedBy = (stub: Stub, operator: OperatorName | null) =>
  runInDurableObject(stub, (instance) => (instance as DeletionLog).mintedBy(operator));

export const OPERATOR: LogView = { kind: 'operator' };

/** The newest entry, as the operator sees it. */
export async function newest(log: Remote<Real>): Promise<DeletionEntry> {
  const [entry] = (await log.list({ limit: 1, before: null }, OPERATOR)).rows;
  if (entry === undefined) throw new Error('the log is empty');
  return entry;
}

const random: Random = (bytes) => crypto.getRandomValues(new Uint8Array(bytes));

export const tokenId = (letter: string): TokenId => TokenId.parse(`tok_${letter.repeat(22)}`);

/** A made-up person: the nth. */
export const uuid = (n: number): PersonUuid =>
  PersonUuid.parse(`00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`);

export const uuids = (count: number): PersonUuid[] => Array.from({ length: count }, (_, n) => uuid(n));

const NO_FLAGS: DeletionFlags = { delete_events: false, delete_recordings: false, keep_person: false };

export const bulk = (ids: readonly PersonUuid[], flags: Partial<DeletionFlags> = {}): Deletion => ({
  operation: 'persons_bulk_delete',
  projectId: ProjectId.parse(1),
  target: { kind: 'uuids', ids },
  flags: { ...NO_FLAGS, ...flags },
});

export const single = (
  operation: Exclude<Deletion['operation'], 'persons_bulk_delete'>,
  flags: Partial<DeletionFlags> = {},
): Deletion => ({
  operation,
  projectId: ProjectId.parse(1),
  target: { kind: 'person', ids: [uuid(7)] },
  flags: { ...NO_FLAGS, ...flags },
});

/** Makes the keys that the objects under test make. */
export const testHasher = () => {
  const keyring = parseKeyring(RING);
  if (typeof keyring === 'string') throw new Error(keyring);
  return distinctIdHasher(keyring);
};

/** An intent whose object went away before it came to the attempt. */
export async function abandoned(stub: Stub, asked: DeletionOrder, origin = ORIGIN): Promise<DeletionId> {
  const [digest, keys] = await Promise.all([digestOf(askedOf(asked).ids), keysOf(asked, await testHasher())]);
  return runInDurableObject(stub, async (_, { storage }) => {
    const store = new DeletionStore(storage.sql);
    const number = nextNumber(store.newest(), NOW);
    const id = deletionIdOf(number, random);
    new Registrations(storage.sql).begin(asked.registration, number);
    store.intend({ number, id, at: NOW, order: asked, digest, origin, dueAt: NOW, chunked: false });
    if (asked.resolved !== undefined) {
      new DeletionResolutions(storage.sql).record(number, asked.deletion, asked.resolved, keys);
    }
    await storage.setAlarm(NOW);
    return id;
  });
}

/** Deploys the log with other variables. */
export const reconfigure = (stub: Stub, variables: Parameters<DeletionLog['reconfigure']>[0]) =>
  runInDurableObject(stub, (instance) => (instance as DeletionLog).reconfigure(variables));

/** The alarm rings, at a time when whatever is open is due. */
export async function ring(stub: Stub, at: number) {
  setTime(at);
  expect(await runDurableObjectAlarm(stub), 'an alarm is set').toBe(true);
}

/** Counts what a log writes from now on. */
export const countWrites = (stub: Stub) =>
  runInDurableObject(stub, (_, { storage }) => {
    const counted = { rows: 0, alarms: 0 };
    const exec = storage.sql.exec.bind(storage.sql);
    vi.spyOn(storage.sql, 'exec').mockImplementation((...given) => {
      const cursor = exec(...given);
      const rows = cursor.toArray();
      counted.rows += cursor.rowsWritten;
      return { toArray: () => rows } as unknown as typeof cursor;
    });
    vi.spyOn(storage, 'setAlarm').mockImplementation(async () => {
      counted.alarms += 1;
    });
    return counted;
  });

/** An order of the tenant acme by token `tok_aaa…`, with a budget nobody reaches. */
export const order = (deletion: Deletion, changes: Partial<DeletionOrder> = {}): DeletionOrder => ({
  tenant: TenantId.parse('acme'),
  registration: REGISTRATION,
  requestId: newRequestId(random),
  token: tokenId('a'),
  ancestors: [],
  deletion,
  budgets: [{ holder: 'tenant', persons_per_day: 1_000_000 }],
  holds: { holdSeconds: 0, approvalOver: null },
  ...changes,
});

export const ACME: Slice = { property: 'tenant_id', values: ['acme'] };

/** An order of a sliced grant: what it asked for, and who of that is in the slice. */
export const sliced = (
  asked: DeletionTarget,
  inSlice: readonly PersonUuid[],
  resolved: Partial<Resolution> = {},
  changes: Partial<DeletionOrder> = {},
): DeletionOrder =>
  order(bulk(inSlice), { resolved: { asked, distinctIds: [], slices: [ACME], ...resolved }, ...changes });

/** Statements that would change, remove or replace every row of the tables. */
export const overwrites = (tables: readonly string[]): string[] =>
  tables.flatMap((table) => [
    `UPDATE ${table} SET entry = entry + 1`,
    `DELETE FROM ${table}`,
    `INSERT OR REPLACE INTO ${table} SELECT * FROM ${table}`,
    `REPLACE INTO ${table} SELECT * FROM ${table}`,
  ]);

/** The error of a statement that runs inside the object; `null` where the statement succeeds. */
export const errorOf = (stub: Stub, statement: string): Promise<string | null> =>
  runInDurableObject(stub, (_, { storage }) => {
    try {
      storage.sql.exec(statement);
      return null;
    } catch (error) {
      return String(error);
    }
  });
