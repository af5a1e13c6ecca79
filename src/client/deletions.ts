/** Deletions from their order to their end. */
import { readEvents } from './event-stream.ts';
import type { operations } from './generated/openapi.ts';
import { errorOfEvent, HedgerowError } from './hedgerow-error.ts';
import type { Hedgerow } from './hedgerow.ts';
import type { DeletionStatus } from './names.ts';

type Creating = operations['create_deletion'];

/** `ids`, `distinct_ids` or a `filter`, and the flags. */
export type DeletionOrder = NonNullable<Creating['requestBody']>['content']['application/json'];

interface SignalOption {
  readonly signal?: AbortSignal;
}

export interface FollowOptions extends SignalOption {
  /** Whose deletion it is; for an operator, who follows those of every tenant. */
  readonly tenant?: string;
}

export interface RunOptions extends SignalOption {
  /** The same key with the same order is the same deletion, for seven days. Without it each run is a new one. */
  readonly idempotencyKey?: string;
  /** What to do while the deletion waits for its undo window or for the operator. Left out: `resolve`. */
  readonly whileHeld?: 'resolve' | 'wait';
  /** Is told each state, the last one too. The first has the id. */
  readonly onState?: (deletion: DeletionStatus) => void;
}

/** How a deletion ended; `held` is one that has not, and can be followed further. */
export type DeletionOutcome =
  | { readonly kind: 'done' | 'nobody' | 'held'; readonly deletion: DeletionStatus }
  /** `reason` is that of the entry: `refused`, `still_there`, `rejected`, … */
  | { readonly kind: 'failed' | 'cancelled'; readonly reason: string; readonly deletion: DeletionStatus };

/** Streams that bring nothing new, one after another, before it is given up. */
const FRUITLESS_MAX = 5;
const PAUSE_MS = 1000;

/**
 * Orders a deletion and resolves once it has ended, or is held. Rejects where it is refused, where it cannot be followed
 * any more, and where `signal` aborts; a deletion that was ordered goes on by itself then.
 */
export async function run(
  hedgerow: Hedgerow,
  order: DeletionOrder,
  {
    idempotencyKey = hedgerow.platform.randomId(),
    whileHeld = 'resolve',
    onState,
    ...following
  }: RunOptions = {},
): Promise<DeletionOutcome> {
  const { data: created } = await hedgerow.POST('/v1/deletions', {
    // Quoted, as the IETF's draft has it. With a key the order is safe to repeat.
    params: { header: { 'Idempotency-Key': JSON.stringify(idempotencyKey) } },
    body: order,
    ...following,
  });
  for await (const deletion of follow(hedgerow, created.id, following)) {
    onState?.(deletion);
    const outcome = outcomeOf(deletion);
    if (outcome === null || (outcome.kind === 'held' && whileHeld === 'wait')) continue;
    return outcome;
  }
  throw new Error('A deletion is followed until it ends.');
}

/** Says how a deletion ended, or that it is held; null while it is under way. */
export function outcomeOf(deletion: DeletionStatus): DeletionOutcome | null {
  const { state, reason } = deletion;
  switch (state) {
    case 'done':
    case 'nobody':
    case 'held':
      return { kind: state, deletion };
    case 'failed':
    case 'cancelled':
      return { kind: state, reason: reason ?? state, deletion };
    case 'resolving':
    case 'previewed':
    case 'sending':
    case 'settling':
      return null;
  }
}

/** Each state of a deletion as it changes, the last one at its end. Streams that end before are opened again. */
export async function* follow(
  hedgerow: Hedgerow,
  id: string,
  { signal = new AbortController().signal, tenant }: FollowOptions = {},
): AsyncGenerator<DeletionStatus, void, undefined> {
  const path = pathOf(id, tenant);
  let shown = '';
  let fruitless = 0;
  for (;;) {
    let problem: unknown = null;
    let broken: Error | null = null;
    try {
      for await (const { event, data } of eventsOf(hedgerow, path, signal)) {
        if (event === 'problem') problem = JSON.parse(data);
        if (event === 'reconnect') fruitless = 0;
        if (event !== 'state' && event !== 'end') continue;
        if (data !== shown) {
          shown = data;
          fruitless = 0;
          yield statusOf(JSON.parse(data));
        }
        if (event === 'end') return;
      }
    } catch (error) {
      if (signal.aborted || isRefusal(error)) throw error;
      broken = error instanceof Error ? error : new Error('The stream of events broke.', { cause: error });
    }
    fruitless += 1;
    if (fruitless > FRUITLESS_MAX) throw broken ?? errorOfEvent(problem);
    await hedgerow.platform.pause(PAUSE_MS * fruitless, signal);
  }
}

/** A refusal stays; a connection that broke, and a gateway that was away, may be there again. */
const isRefusal = (error: unknown): boolean => error instanceof HedgerowError && (error.status ?? 500) < 500;

const pathOf = (id: string, tenant: string | undefined) =>
  tenant === undefined
    ? (`/v1/deletions/${encodeURIComponent(id)}/events` as const)
    : (`/admin/v1/tenants/${encodeURIComponent(tenant)}/deletions/${encodeURIComponent(id)}/events` as const);

async function* eventsOf(hedgerow: Hedgerow, path: `/${string}`, signal: AbortSignal) {
  const { body } = await hedgerow.fetch(path, { headers: { accept: 'text/event-stream' }, signal });
  if (body !== null) yield* readEvents(body, signal);
}

function statusOf(data: unknown): DeletionStatus {
  if (isStatus(data)) return data;
  throw errorOfEvent(data);
}

/** As much as tells a deletion from anything else. The rest is taken as the OpenAPI document has it, as in every answer. */
const isStatus = (data: unknown): data is DeletionStatus =>
  typeof data === 'object' && data !== null && 'id' in data && 'state' in data && 'progress' in data;
