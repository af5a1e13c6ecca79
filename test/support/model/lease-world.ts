/**
 * One object, two isolates and an operator who revokes, small enough that every order of events is tried. Isolates and
 * the object decide by the code that is deployed; around it are messages that come late or never, and restarts.
 */
import { askLease, endAsk, unused, useLease, type TokenUse } from '../../../src/http/lease-use.ts';
import type { Lease } from '../../../src/objects/tenant/lease-book.ts';
import {
  leaseGiven,
  QUIET,
  STARTED,
  termOver,
  type LeaseEnds,
} from '../../../src/objects/tenant/lease-ends.ts';

const TICK_MS = 300;
const TERM_TICKS = 3;
const TERM_MS = TICK_MS * TERM_TICKS;
const ISOLATES = [0, 1] as const;
/** Questions for a lease of one isolate that are under way at once. Others change nothing here. */
const QUESTIONS_MAX = 2;
/** Nothing that is older means anything. */
const AGE_MAX = TERM_TICKS;
const IDLE = unused(0);

interface Question {
  readonly askedMs: number;
  /** Null while the object has not answered. */
  readonly answer: { readonly lease: Lease | null } | null;
}

interface Isolate {
  readonly use: TokenUse;
  readonly questions: readonly Question[];
}

export interface World {
  readonly nowMs: number;
  /** As it is stored. */
  readonly revoked: boolean;
  readonly ends: LeaseEnds;
  /** Ticks until the object's timer is over; null where none runs. */
  readonly timer: number | null;
  /** Ticks until the revocation is answered; null where nobody waits. */
  readonly waits: number | null;
  readonly answered: boolean;
  readonly isolates: readonly Isolate[];
  /** A request was admitted that must not be. */
  readonly broken: boolean;
}

/** What a gateway could do wrong. Each must be found. */
export type Mistake =
  | 'none'
  | 'the isolate counts from the answer'
  | 'a restarted object waits for nothing'
  | 'a lease that is given while the timer runs is forgotten'
  | 'the object answers at once'
  | 'the object leases the old state until it answers'
  | 'a revocation that is repeated is answered at once';

export const MISTAKES: readonly Exclude<Mistake, 'none'>[] = [
  'the isolate counts from the answer',
  'a restarted object waits for nothing',
  'a lease that is given while the timer runs is forgotten',
  'the object answers at once',
  'the object leases the old state until it answers',
  'a revocation that is repeated is answered at once',
];

export const BEGIN: World = {
  nowMs: 0,
  revoked: false,
  ends: QUIET,
  timer: null,
  waits: null,
  answered: false,
  isolates: ISOLATES.map(() => ({ use: IDLE, questions: [] })),
  broken: false,
};

/** Every world that may come next. */
export function nextOf(world: World, mistake: Mistake): World[] {
  const next = [tick(world, mistake), restart(world, mistake), revoke(world, mistake)];
  for (const nth of ISOLATES) {
    next.push(request(world, nth));
    const { questions } = isolateOf(world, nth);
    for (const [at, question] of questions.entries()) {
      next.push(setQuestion(world, nth, at, null));
      next.push(
        question.answer === null
          ? arrive(world, nth, at, question, mistake)
          : deliver(world, nth, at, question, mistake),
      );
    }
  }
  return next;
}

/** Time passes for everybody. */
function tick(world: World, mistake: Mistake): World {
  const timer = world.timer === null ? null : world.timer - 1;
  const waits = world.waits === null ? null : world.waits - 1;
  const moved = { ...world, nowMs: world.nowMs + TICK_MS, timer, waits };
  const waited = waits === 0 ? { ...moved, waits: null, answered: true } : moved;
  if (timer !== 0) return waited;
  const ends =
    mistake === 'a lease that is given while the timer runs is forgotten' ? QUIET : termOver(world.ends);
  return { ...waited, ends, timer: ends.kind === 'counting' ? TERM_TICKS : null };
}

/** The object loses its memory, and every caller that waits for its answer gets none. */
const restart = (world: World, mistake: Mistake): World =>
  mistake === 'a restarted object waits for nothing'
    ? { ...world, ends: QUIET, timer: null, waits: null }
    : { ...world, ends: STARTED, timer: TERM_TICKS, waits: null };

/** The operator revokes, also again where no answer came. */
function revoke(world: World, mistake: Mistake): World {
  const atOnce =
    world.ends.kind === 'quiet' ||
    mistake === 'the object answers at once' ||
    (mistake === 'a revocation that is repeated is answered at once' && world.revoked);
  const revoked = { ...world, revoked: true };
  return atOnce ? { ...revoked, answered: true } : { ...revoked, waits: world.waits ?? TERM_TICKS };
}

/** A request comes to an isolate, which admits it or asks. */
function request(world: World, nth: number): World {
  const isolate = isolateOf(world, nth);
  const used = useLease(isolate.use, 1, world.nowMs, TERM_MS);
  if (used !== null) {
    return { ...setIsolate(world, nth, { ...isolate, use: used }), broken: world.broken || world.answered };
  }
  if (isolate.questions.length >= QUESTIONS_MAX) return world;
  const { use, ask } = askLease(isolate.use, 1, world.nowMs, TERM_MS);
  if (ask === null) return world;
  const question = { askedMs: world.nowMs, answer: null };
  return setIsolate(world, nth, { use, questions: [...isolate.questions, question] });
}

/** The question comes to the object. */
function arrive(world: World, nth: number, at: number, question: Question, mistake: Mistake): World {
  const refused =
    world.revoked && !(mistake === 'the object leases the old state until it answers' && !world.answered);
  const lease = refused ? null : { id: 'lease', requests: 1, termMs: TERM_MS };
  const told = setQuestion(world, nth, at, { ...question, answer: { lease } });
  if (lease === null) return told;
  return { ...told, ends: leaseGiven(), timer: world.timer ?? TERM_TICKS };
}

/** The answer comes to the isolate. */
function deliver(world: World, nth: number, at: number, question: Question, mistake: Mistake): World {
  const gone = setQuestion(world, nth, at, null);
  const isolate = isolateOf(gone, nth);
  const askedMs = mistake === 'the isolate counts from the answer' ? world.nowMs : question.askedMs;
  const use = endAsk(isolate.use, askedMs, question.answer?.lease ?? null, world.nowMs);
  return setIsolate(gone, nth, { ...isolate, use });
}

function isolateOf(world: World, nth: number): Isolate {
  const isolate = world.isolates[nth];
  if (isolate === undefined) throw new RangeError('There is no such isolate.');
  return isolate;
}

const setIsolate = (world: World, nth: number, isolate: Isolate): World => ({
  ...world,
  isolates: world.isolates.with(nth, isolate),
});

/** Null: the question or its answer is lost, or has been taken in. */
function setQuestion(world: World, nth: number, at: number, question: Question | null): World {
  const isolate = isolateOf(world, nth);
  const questions =
    question === null ? isolate.questions.toSpliced(at, 1) : isolate.questions.with(at, question);
  return setIsolate(world, nth, { ...isolate, questions });
}

/** The same for two worlds that differ in nothing that matters from now on: the time of day, and which isolate is which. */
export function keyOf({ nowMs, isolates, ...world }: World): string {
  const age = (ms: number | null) => (ms === null ? null : Math.min(AGE_MAX, (nowMs - ms) / TICK_MS));
  const seen = isolates.map(({ use: { lease, askedMs }, questions }) =>
    JSON.stringify([
      lease === null || lease.left === 0 || age(lease.askedMs) === AGE_MAX ? null : age(lease.askedMs),
      age(askedMs) === AGE_MAX ? null : age(askedMs),
      questions
        .map((one) => JSON.stringify([age(one.askedMs), one.answer?.lease?.requests, one.answer === null]))
        .toSorted(),
    ]),
  );
  return JSON.stringify([world, seen.toSorted()]);
}
