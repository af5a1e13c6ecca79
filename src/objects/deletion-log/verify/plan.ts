/**
 * What is done next for a deletion that PostHog accepted, until it is known that its persons are gone. Pure; all times
 * are milliseconds since 1970.
 *
 * | Pass   | Looks for                         | And then                                               |
 * |--------|-----------------------------------|--------------------------------------------------------|
 * | `look` | persons that were still there     | waits, each time longer                                |
 * | `send` | the same, when patience has ended | sends the deletion of those that it finds again        |
 * | `last` | all persons, after their events   | the deletion ends                                      |
 */
import type { Generation } from '../../../catalogue/generation.ts';

export const PASS_KINDS = ['look', 'send', 'last'] as const;
export type PassKind = (typeof PASS_KINDS)[number];

/** One look for the persons of one chunk. */
export interface Look {
  /** From 1. */
  readonly pass: number;
  readonly kind: PassKind;
  readonly chunk: number;
  readonly at: number;
  /** Persons that were still there. */
  readonly remaining: number;
}

/** One look at PostHog's list of event deletions. */
export interface EventLook {
  readonly at: number;
  readonly pending: number;
}

export interface Progress {
  readonly generation: Generation;
  readonly chunks: number;
  /** Are the persons to go? Where they stay only their events are looked for. */
  readonly removesProfiles: boolean;
  /** When PostHog had accepted all chunks. */
  readonly acceptedAt: number;
  /** Milliseconds from then until the first look. */
  readonly firstLookMs: number;
  /** In their order. */
  readonly looks: readonly Look[];
  /** In their order; null where PostHog cannot be asked about events. */
  readonly eventLooks: readonly EventLook[] | null;
}

export type Task =
  | { readonly kind: 'look'; readonly pass: number; readonly as: PassKind; readonly chunk: number }
  | { readonly kind: 'events'; readonly look: number }
  | { readonly kind: 'wait'; readonly until: number }
  | { readonly kind: 'end'; readonly event: 'ended' | 'still_there' };

/** How often the deletion of persons that are still there is sent again. */
export const ROUNDS_MAX = 3;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A and B delete within the request. C has a queue that tries four times, up to ten minutes apart (corrections §3, 2.7). */
export const FIRST_LOOK_MS = { A: 30_000, B: 30_000, C: 10_000 } as const satisfies Record<
  Generation,
  number
>;
const PATIENCE_MS = { A: 2 * MINUTE_MS, B: 2 * MINUTE_MS, C: 45 * MINUTE_MS } as const satisfies Record<
  Generation,
  number
>;
/** PostHog deletes events in batches, days apart. After the last of these the deletion ends with events pending. */
const EVENT_LOOKS_MS = [HOUR_MS, 6 * HOUR_MS, ...[1, 2, 3, 4, 5, 6, 7].map((days) => days * DAY_MS)] as const;

export function nextTask(progress: Progress, now: number): Task {
  if (!progress.removesProfiles) return eventsOnly(progress, now);
  const { looks } = progress;
  const current = looks.at(-1);
  if (current === undefined) return firstLook(progress, now);
  const { pass, kind } = current;
  const unfinished = chunksOf(progress, pass, kind).find((chunk) => !hasLook(looks, pass, chunk));
  if (unfinished !== undefined) return { kind: 'look', pass, as: kind, chunk: unfinished };
  if (kind === 'last') return { kind: 'end', event: 'ended' };
  const [remaining] = chunksOf(progress, pass + 1, 'look');
  return remaining === undefined
    ? afterPersons(progress, pass, now)
    : nextPass(progress, pass, remaining, now);
}

function firstLook({ firstLookMs, acceptedAt }: Progress, now: number): Task {
  const due = acceptedAt + firstLookMs;
  return now < due ? { kind: 'wait', until: due } : { kind: 'look', pass: 1, as: 'look', chunk: 0 };
}

/** Has a look at every chunk found nobody of it any more? */
export function areGone(progress: Progress): boolean {
  const { looks } = progress;
  const last = looks.at(-1);
  if (last === undefined) return false;
  const isOver = chunksOf(progress, last.pass, last.kind).every((chunk) => hasLook(looks, last.pass, chunk));
  return last.kind === 'last' || (isOver && chunksOf(progress, last.pass + 1, 'look').length === 0);
}

/** The chunks that a pass looks at: those with persons that were still there. The first and the last look at all. */
function chunksOf({ chunks, looks }: Progress, pass: number, kind: PassKind): number[] {
  const all = Array.from({ length: chunks }, (_, chunk) => chunk);
  if (pass === 1 || kind === 'last') return all;
  const before = new Map(looks.flatMap((look) => (look.pass < pass ? [[look.chunk, look.remaining]] : [])));
  return all.filter((chunk) => (before.get(chunk) ?? 0) > 0);
}

const hasLook = (looks: readonly Look[], pass: number, chunk: number): boolean =>
  looks.some((look) => look.pass === pass && look.chunk === chunk);

/** Some persons are still there. Each pause is as long as the time since they were sent, until patience ends. */
function nextPass(
  { generation, firstLookMs, acceptedAt, looks }: Progress,
  pass: number,
  chunk: number,
  now: number,
): Task {
  const sendings = looks.filter(({ kind }) => kind === 'send');
  const sentAt = Math.max(acceptedAt, ...sendings.map(({ at }) => at));
  const beganAt = Math.min(...looks.flatMap((look) => (look.pass === pass ? [look.at] : [])));
  const patience = PATIENCE_MS[generation];
  if (beganAt >= sentAt + patience) {
    const rounds = new Set(sendings.map((look) => look.pass)).size;
    if (rounds >= ROUNDS_MAX) return { kind: 'end', event: 'still_there' };
    return { kind: 'look', pass: pass + 1, as: 'send', chunk };
  }
  const waited = Math.max(firstLookMs / 2, beganAt - sentAt);
  const due = sentAt + Math.min(2 * waited, patience);
  return now < due ? { kind: 'wait', until: due } : { kind: 'look', pass: pass + 1, as: 'look', chunk };
}

/** The persons stay. PostHog has their events on its list by the time it answers. */
function eventsOnly(progress: Progress, now: number): Task {
  const due = progress.acceptedAt + progress.firstLookMs;
  if (now < due) return { kind: 'wait', until: due };
  return nextEvents(progress, now) ?? { kind: 'end', event: 'ended' };
}

/** All persons are gone: their events are what is left to see. */
function afterPersons(progress: Progress, pass: number, now: number): Task {
  if (progress.eventLooks === null) return { kind: 'end', event: 'ended' };
  return nextEvents(progress, now) ?? { kind: 'look', pass: pass + 1, as: 'last', chunk: 0 };
}

/** Null where the events need no other look, or get none. */
function nextEvents({ acceptedAt, eventLooks }: Progress, now: number): Task | null {
  if (eventLooks === null) return null;
  const last = eventLooks.at(-1);
  if (last === undefined) return { kind: 'events', look: 1 };
  const wait = EVENT_LOOKS_MS.find((after) => acceptedAt + after > last.at);
  if (last.pending === 0 || wait === undefined) return null;
  const due = acceptedAt + wait;
  return now < due ? { kind: 'wait', until: due } : { kind: 'events', look: eventLooks.length + 1 };
}
