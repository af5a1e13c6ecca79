/** The deletion log in the Worker the object tests run in, and what they give it. */
import { env } from 'cloudflare:workers';
import { runInDurableObject } from 'cloudflare:test';
import { vi } from 'vitest';
import type { Deletion, DeletionFlags } from '../../src/catalogue/deletion.ts';
import { PersonUuid, ProjectId, TenantId, TokenId, newRequestId, type Random } from '../../src/core/ids.ts';
import {
  DeletionLog as Real,
  type DeletionEntry,
  type DeletionOrder,
} from '../../src/objects/deletion-log.ts';
import type { Remote } from '../../src/objects/remote.ts';

export const KEY = 'phx_a-key-"only"-the-gateway-holds';
export const ORIGIN = 'https://posthog.example';

/** The object as it is deployed, with an environment. */
export class DeletionLog extends Real {
  constructor(ctx: DurableObjectState, bindings: Cloudflare.Env) {
    super(ctx, {
      ...bindings,
      POSTHOG_HOST: ORIGIN,
      POSTHOG_PERSONAL_API_KEY: KEY,
      ADMIN_TOKEN: 'an admin token'.replaceAll(' ', '-').padEnd(32, '.'),
      TOKEN_SIGNING_KEYS: `k1:${'s'.repeat(32)}`,
      SLOW_TIMEOUT_MS: '100',
    });
  }
}

const { DELETION_LOG } = env as unknown as { DELETION_LOG: DurableObjectNamespace<DeletionLog> };

export type Stub = DurableObjectStub<DeletionLog>;

const reached = (stub: Stub) => ({ stub, log: stub as unknown as Remote<Real> });

/** A log nobody has written to: the stub for the test's tools, and the same as its callers see it. */
export const freshLog = () => reached(DELETION_LOG.getByName(crypto.randomUUID()));

/** The same log through a new stub: one whose object died answers no more. */
export const sameLog = (stub: Stub) => reached(DELETION_LOG.get(stub.id));

/** Far enough ahead that no alarm of a test ever rings by itself. */
export const NOW = Date.parse('2031-05-01T12:00:00.000Z');
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** The time every object sees from now on. */
export const setTime = (ms: number) => vi.spyOn(Date, 'now').mockReturnValue(ms);

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

/** Says nothing until the caller's patience is over. */
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

/** The newest entry. */
export async function newest(log: Remote<Real>): Promise<DeletionEntry> {
  const [entry] = (await log.list({ limit: 1, before: null })).rows;
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

/** An order of the tenant acme by token `tok_aaa…`, with a budget nobody reaches. */
export const order = (deletion: Deletion, changes: Partial<DeletionOrder> = {}): DeletionOrder => ({
  tenant: TenantId.parse('acme'),
  requestId: newRequestId(random),
  token: tokenId('a'),
  ancestors: [],
  deletion,
  budgets: [{ holder: 'tenant', persons_per_day: 1_000_000 }],
  ...changes,
});
