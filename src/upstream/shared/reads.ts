/**
 * Reads that are answered from memory, or by what another request is asking just now. One for all requests of an isolate.
 * Whatever goes wrong between here and the object of the project, PostHog is asked as it is without sharing.
 */
import type { ProjectId } from '../../core/ids.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Abandonment, RecallAsk, Recalled, SharedAnswer } from '../../core/shield/shared-answer.ts';
import type { Opened, PostHogClient } from '../client.ts';
import type { Invocation } from '../pacing.ts';
import type { UpstreamRequest } from '../request.ts';
import { openShared } from './buffered.ts';
import { lead, type Waiting } from './lead.ts';
import { AnswerMemory } from './memory.ts';
import { questionOf } from './question.ts';
import { patiently, ReadsUnderWay, type Given } from './under-way.ts';

/** The object of a project, which all isolates share. */
export interface AnswerSource {
  readonly recall: (ask: RecallAsk) => Promise<Recalled>;
  readonly remember: (ticket: number, answer: SharedAnswer) => Promise<void>;
  readonly abandon: (ticket: number, why: Abandonment) => Promise<void>;
}

/** How far a read may be shared. */
export interface Sharing {
  /** All of a grant that decides what its answers show. */
  readonly shownBy: string;
  /** Milliseconds that an answer may be old; 0 takes none that is remembered. */
  readonly ageMsMax: number;
  /** Did the client ask for an answer of PostHog's own? */
  readonly whileAsked: RecallAsk['whileAsked'];
}

export interface SharedOpened {
  readonly opened: Opened;
  /** How old a remembered answer is; null where PostHog was asked for this read, or is asked just now. */
  readonly ageMs: number | null;
}

export interface SharedReadsOptions {
  readonly sourceOf: (projectId: ProjectId) => AnswerSource;
  /** The epoch of a project as it was at the time of the call or later; null where it cannot be known. */
  readonly epochOf: (projectId: ProjectId) => Promise<string | null>;
  readonly nowMs: () => number;
  /** Told when the object of a project cannot be reached. */
  readonly unreachable: (error: unknown) => void;
}

/** Sends a read by a client of PostHog's, unless its answer is known. */
export type SharedReads = (
  client: PostHogClient,
  invocation: Invocation,
  request: UpstreamRequest,
  sharing: Sharing,
) => Promise<SharedOpened>;

/** One for all requests of an isolate. */
export function sharedReads(options: SharedReadsOptions): SharedReads {
  const isolate = { memory: new AnswerMemory(LIMITS.isolateAnswerBytesMax), underWay: new ReadsUnderWay() };
  return async (client, invocation, request, sharing) => {
    const question = questionOf(request, sharing.shownBy);
    const { projectId } = request;
    const ask = (): Promise<Opened> => isolate.underWay.during(question, () => client.open(request));
    const isAlone =
      sharing.ageMsMax === 0 && (sharing.whileAsked === 'anew' || !isolate.underWay.has(question));
    // Nobody to share it with: no hop is made for it.
    const epoch = isAlone ? null : await options.epochOf(projectId);
    if (epoch === null) return { opened: await ask(), ageMs: null };
    return share({ question, epoch, projectId, sharing, invocation, ask }, isolate, options);
  };
}

interface Read {
  readonly question: string;
  /** Nothing from before this epoch answers it. */
  readonly epoch: string;
  readonly projectId: ProjectId;
  readonly sharing: Sharing;
  readonly invocation: Invocation;
  readonly ask: () => Promise<Opened>;
}

interface Isolate {
  readonly memory: AnswerMemory;
  readonly underWay: ReadsUnderWay;
}

async function share(read: Read, isolate: Isolate, options: SharedReadsOptions): Promise<SharedOpened> {
  const { question, epoch, sharing } = read;
  for (;;) {
    const nowMs = options.nowMs();
    const anew = sharing.whileAsked === 'anew';
    const known = anew ? null : isolate.memory.find(question, epoch, sharing.ageMsMax, nowMs);
    if (known !== null) return openedOf(known.answer, nowMs - known.givenMs);
    const led = anew ? null : isolate.underWay.led(epoch, question);
    // Nothing is waited for between the look at who asks and becoming the one: else several would.
    if (led === null) return leadHere(read, isolate, options);
    const given = await patiently(led);
    if (given.kind === 'answer' && (given.ageMs === 0 || given.ageMs < sharing.ageMsMax))
      return openedOf(given.answer, given.ageMs === 0 ? null : given.ageMs);
    if (given.kind === 'answer' || given.why !== 'failed') return { opened: await read.ask(), ageMs: null };
  }
}

/** Asks for all requests of this isolate that want the same. */
async function leadHere(
  read: Read,
  { memory, underWay }: Isolate,
  options: SharedReadsOptions,
): Promise<SharedOpened> {
  const { question, epoch, sharing } = read;
  const give = underWay.lead(epoch, question);
  let given: Given = { kind: 'none', why: 'failed' };
  try {
    const askedMs = options.nowMs();
    const recalled = sharing.ageMsMax > 0 ? await recall(read, options) : null;
    if (recalled?.kind === 'answer') {
      const { answer, ageMs, epoch: givenIn } = recalled;
      given = recalled;
      memory.add(question, { answer, givenMs: askedMs - ageMs, epoch: givenIn });
      return openedOf(answer, ageMs);
    }
    const led = await lead(read.ask, waitingAt(recalled, read, options));
    given =
      led.answer === null ? { kind: 'none', why: led.why } : { kind: 'answer', answer: led.answer, ageMs: 0 };
    if (led.answer !== null && recalled?.kind === 'ask')
      memory.add(question, { answer: led.answer, givenMs: askedMs, epoch: recalled.epoch });
    return { opened: led.opened, ageMs: null };
  } finally {
    give(given);
  }
}

const openedOf = (answer: SharedAnswer, ageMs: number | null): SharedOpened => ({
  opened: { kind: 'open', answer: openShared(answer) },
  ageMs,
});

/** Those of other isolates who wait at the object of the project. */
function waitingAt(
  recalled: Recalled | null,
  { projectId, invocation }: Read,
  { sourceOf, unreachable }: SharedReadsOptions,
): Waiting {
  if (recalled?.kind !== 'ask') return { remember: () => undefined, abandon: () => undefined };
  const { ticket } = recalled;
  const source = sourceOf(projectId);
  const tell = (told: Promise<void>) => invocation.waitUntil(told.catch(unreachable));
  return {
    remember: (answer) => tell(source.remember(ticket, answer)),
    abandon: (why) => tell(source.abandon(ticket, why)),
  };
}

/** Asks the object, which may wait for another isolate that asks PostHog; not for ever. */
async function recall(
  { projectId, question, sharing: { ageMsMax, whileAsked } }: Read,
  { sourceOf, unreachable }: SharedReadsOptions,
): Promise<Recalled> {
  const { promise: patience, resolve } = Promise.withResolvers<Recalled>();
  const timer = setTimeout(() => resolve({ kind: 'alone' }), LIMITS.sharedAnswerWaitMsMax);
  try {
    return await Promise.race([sourceOf(projectId).recall({ question, ageMsMax, whileAsked }), patience]);
  } catch (error) {
    unreachable(error);
    return { kind: 'alone' };
  } finally {
    clearTimeout(timer);
  }
}
