/**
 * Reads that are answered from memory, or by what another request is asking just now. One for all requests of an isolate.
 * Whatever goes wrong between here and the object of the project, PostHog is asked as it is without sharing.
 */
import type { ProjectId } from '../../core/ids.ts';
import { LIMITS } from '../../core/limits.ts';
import type {
  Abandonment,
  RecallAsk,
  Recalled,
  SharedAnswer,
  Ticket,
} from '../../core/shield/shared-answer.ts';
import type { Payer } from '../../core/shield/upstream-share.ts';
import type { Opened, PostHogClient } from '../client.ts';
import type { Invocation } from '../pacing.ts';
import type { UpstreamRequest } from '../request.ts';
import { openShared } from './buffered.ts';
import { lead, type Waiting } from './lead.ts';
import { AnswerMemory } from './memory.ts';
import { questionOf } from './question.ts';
import { patiently, ReadsUnderWay, type Given, type Leading, type UnderWay } from './under-way.ts';

/** The object of a project, which all isolates share. */
export interface AnswerSource {
  readonly recall: (ask: RecallAsk) => Promise<Recalled>;
  readonly remember: (ticket: Ticket, answer: SharedAnswer) => Promise<void>;
  readonly abandon: (ticket: Ticket, why: Abandonment) => Promise<void>;
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
  /** The epoch that is known already, which may be over; null where none is. */
  readonly lastEpochOf: (projectId: ProjectId) => string | null;
  /** Can PostHog be asked for this payer at once? */
  readonly holdsPermit: (projectId: ProjectId, payer: Payer) => boolean;
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

interface Read {
  readonly question: string;
  readonly projectId: ProjectId;
  readonly sharing: Sharing;
  readonly invocation: Invocation;
  /** `project`: with all isolates, by the object of the project. `isolate`: with the requests of this one, without a hop. */
  readonly scope: 'isolate' | 'project';
  readonly ask: () => Promise<Opened>;
}

interface Isolate {
  readonly memory: AnswerMemory;
  readonly underWay: ReadsUnderWay;
}

/** One for all requests of an isolate. */
export function sharedReads(options: SharedReadsOptions): SharedReads {
  const isolate = { memory: new AnswerMemory(LIMITS.isolateAnswerBytesMax), underWay: new ReadsUnderWay() };
  return async (client, invocation, request, sharing) => {
    const { projectId } = request;
    const read: Read = {
      question: questionOf(request, sharing.shownBy),
      projectId,
      sharing,
      invocation,
      scope: isSharedWidely(request, invocation, sharing, options) ? 'project' : 'isolate',
      ask: () => client.open(request),
    };
    const joined =
      sharing.whileAsked === 'anew' ? null : isolate.underWay.join(read.question, options.nowMs());
    // Nobody to share it with: no hop is made for it.
    if (joined === null && read.scope === 'isolate')
      return leadHere(read, options.lastEpochOf(projectId), isolate, options);
    const epoch = await options.epochOf(projectId);
    return epoch === null
      ? { opened: await read.ask(), ageMs: null }
      : share(read, epoch, joined, isolate, options);
  };
}

/** A read is worth a hop where its answer may be remembered, where it is slow, or where PostHog's quota is short. */
const isSharedWidely = (
  { resource, projectId }: UpstreamRequest,
  { payer }: Invocation,
  { ageMsMax }: Sharing,
  { holdsPermit }: SharedReadsOptions,
): boolean => ageMsMax > 0 || resource === 'query' || !holdsPermit(projectId, payer());

/**
 * Nothing from before `epoch` answers the read. Who `joined` asks since a time when the epoch that it names was known: where
 * that is still the epoch, nothing has changed since.
 */
async function share(
  read: Read,
  epoch: string,
  joined: UnderWay | null,
  isolate: Isolate,
  options: SharedReadsOptions,
): Promise<SharedOpened> {
  const { question, sharing } = read;
  const anew = sharing.whileAsked === 'anew';
  const untilMs = options.nowMs() + LIMITS.sharedAnswerWaitMsMax;
  for (let first = joined?.epoch === epoch ? joined : null; ; first = null) {
    const nowMs = options.nowMs();
    const known = anew ? null : isolate.memory.find(question, epoch, sharing.ageMsMax, nowMs);
    if (known !== null) return openedOf(known.answer, nowMs - known.givenMs);
    // Nothing is waited for between the look at who asks and becoming the one: else several would.
    const current = first ?? (anew ? null : isolate.underWay.join(question, nowMs));
    if (current === null || current.epoch !== epoch) return leadHere(read, epoch, isolate, options);
    const given = await patiently(current.given, untilMs - nowMs, IMPATIENT);
    if (given.kind === 'answer' && (given.ageMs === null || given.ageMs < sharing.ageMsMax))
      return openedOf(given.answer, given.ageMs);
    if (given.kind === 'answer' || given.why !== 'failed') return { opened: await read.ask(), ageMs: null };
  }
}

const IMPATIENT: Given = { kind: 'none', why: 'refused' };

/** Asks for all requests of this isolate that want the same. */
async function leadHere(
  read: Read,
  epoch: string | null,
  { memory, underWay }: Isolate,
  options: SharedReadsOptions,
): Promise<SharedOpened> {
  const { question } = read;
  const { isAwaited, give } = underWay.lead(question, epoch, options.nowMs());
  let given: Given = { kind: 'none', why: 'failed' };
  try {
    const askedMs = options.nowMs();
    const recalled = read.scope === 'project' ? await recall(read, options) : null;
    if (recalled?.kind === 'answer') {
      const { answer, ageMs, from, epoch: givenIn } = recalled;
      const shownMs = from === 'asked' ? null : ageMs;
      given = { kind: 'answer', answer, ageMs: shownMs };
      memory.add(question, { answer, givenMs: askedMs - ageMs, epoch: givenIn });
      return openedOf(answer, shownMs);
    }
    const led = await lead(read.ask, waitingAt(recalled, isAwaited, read, options));
    if (led.answer === null) given = { kind: 'none', why: led.why };
    else {
      given = { kind: 'answer', answer: led.answer, ageMs: null };
      if (recalled?.kind === 'ask')
        memory.add(question, { answer: led.answer, givenMs: askedMs, epoch: recalled.epoch });
    }
    return { opened: led.opened, ageMs: null };
  } finally {
    give(given);
  }
}

const openedOf = (answer: SharedAnswer, ageMs: number | null): SharedOpened => ({
  opened: { kind: 'open', answer: openShared(answer) },
  ageMs,
});

/** Those of other isolates who wait at the object of the project, and those of this one. */
function waitingAt(
  recalled: Recalled | null,
  isAwaited: Leading['isAwaited'],
  { projectId, invocation }: Read,
  { sourceOf, unreachable }: SharedReadsOptions,
): Waiting {
  if (recalled?.kind !== 'ask')
    return { isThere: isAwaited, remember: () => undefined, abandon: () => undefined };
  const { ticket } = recalled;
  const source = sourceOf(projectId);
  const tell = (told: Promise<void>) => invocation.waitUntil(told.catch(unreachable));
  return {
    isThere: () => true,
    remember: (answer) => tell(source.remember(ticket, answer)),
    abandon: (why) => tell(source.abandon(ticket, why)),
  };
}

/** Asks the object, which may wait for another isolate that asks PostHog; not for ever. */
async function recall(
  { projectId, question, invocation, sharing: { ageMsMax, whileAsked } }: Read,
  { sourceOf, unreachable }: SharedReadsOptions,
): Promise<Recalled> {
  const alone: Recalled = { kind: 'alone' };
  const source = sourceOf(projectId);
  try {
    const asked = source.recall({ question, ageMsMax, whileAsked });
    const recalled = await patiently<Recalled>(asked, LIMITS.sharedAnswerWaitMsMax, alone);
    // Told too late to ask for the others, who must not wait for this one.
    const handOn = async (late: Recalled) =>
      late.kind === 'ask' ? source.abandon(late.ticket, 'failed') : undefined;
    if (recalled === alone) invocation.waitUntil(asked.then(handOn).catch(unreachable));
    return recalled;
  } catch (error) {
    unreachable(error);
    return alone;
  }
}
