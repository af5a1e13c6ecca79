/** What an isolate knows of each project: its tombstones and its epoch. As new as a term, and asked for once for many requests. */
import type { ProjectId } from '../core/ids.ts';
import { LIMITS } from '../core/limits.ts';
import { Tombstones, type NewsUse, type ProjectNews } from '../core/shield/tombstones.ts';
import type { Payer, PermitLease, ShareAsk } from '../core/shield/upstream-share.ts';
import { TERM_GRAIN_MS, WatchedClock } from '../core/terms/watched-clock.ts';
import { within } from '../objects/within.ts';
import type { LeaseBook } from '../upstream/share/lease-book.ts';

/** Tells what changed among the tombstones of one project, and its epoch; and gives permits along where some are wanted. */
export interface NewsSource {
  readonly news: (
    keys: readonly string[],
    use: NewsUse,
    wanted: ShareAsk | null,
  ) => Promise<ProjectNews & { readonly lease?: PermitLease }>;
}

/** The tombstones of a project: all of those that were there when the answer was asked for. `payer` is about to ask PostHog. */
export type TombstonesOf = (projectId: ProjectId, payer: Payer) => Promise<Tombstones>;

/** The epoch of a project at the time of the call, or later; null where it cannot be known. */
export type EpochOf = (projectId: ProjectId) => Promise<string | null>;

/** The epoch of a project that was known last, which may be over; null where none was. */
export type LastEpochOf = (projectId: ProjectId) => string | null;

export interface ProjectsKnown {
  readonly tombstonesOf: TombstonesOf;
  readonly epochOf: EpochOf;
  readonly lastEpochOf: LastEpochOf;
}

export interface KnownProjectsOptions {
  readonly sourceOf: (projectId: ProjectId) => NewsSource;
  /** The permits of this isolate. */
  readonly leases: LeaseBook;
  readonly nowMs: () => number;
  /** Told when a source cannot be reached. Reads go on with what was known last. */
  readonly unreachable: (error: unknown) => void;
}

interface Known {
  readonly tombstones: Tombstones;
  epoch: string | null;
  /** Has anybody wanted to share answers since the source was asked last? */
  sharesAnswers: boolean;
  /** When the source was asked the latest question that it has answered; null where the clock was set back since. */
  askedMs: number | null;
  /** When the source was asked the latest question to use `answers`, if its answer named this epoch: a change of the project waits a term from then. */
  epochAskedMs: number | null;
}

/** A question that is asked for no tenant needs no permit. */
const RESERVED: Payer = { kind: 'reserved' };
/** Projects that an isolate remembers. */
const PROJECTS_MAX = 100;

/**
 * One for all requests of an isolate. Each request whose knowledge is too old asks for itself, because the platform ties
 * what a request waits for to that request.
 */
export function knownProjects({ sourceOf, leases, nowMs, unreachable }: KnownProjectsOptions): ProjectsKnown {
  const projects = new Map<ProjectId, Known>();

  const known = (projectId: ProjectId): Known => {
    const one = projects.get(projectId) ?? {
      tombstones: new Tombstones(),
      epoch: null,
      sharesAnswers: false,
      askedMs: null,
      epochAskedMs: null,
    };
    remember(projects, projectId, one);
    return one;
  };

  const clock = new WatchedClock(nowMs);
  let setBacks = 0;
  const readClock = (): number => {
    const readMs = clock.read();
    if (clock.setBacks !== setBacks) {
      for (const one of projects.values()) one.askedMs = one.epochAskedMs = null;
    }
    ({ setBacks } = clock);
    return readMs;
  };

  const renew = async (projectId: ProjectId, one: Known, payer: Payer): Promise<void> => {
    const askedMs = readClock();
    const setBacksBefore = setBacks;
    const pending = payer.kind === 'tenant' ? leases.askAlong(projectId, payer) : null;
    const settle = (lease: PermitLease | null) => {
      if (payer.kind === 'tenant' && pending !== null) leases.settle(projectId, payer, pending, lease, 0);
    };
    const use = one.sharesAnswers ? 'answers' : 'tombstones';
    one.sharesAnswers = false;
    try {
      const asked = sourceOf(projectId).news(one.tombstones.keys, use, pending?.ask ?? null);
      const news = await within(LIMITS.objectWaitMsMax, asked);
      settle(news.lease ?? null);
      readClock();
      learn(one, news, use, setBacks === setBacksBefore ? askedMs : null);
    } catch (error) {
      settle(null);
      unreachable(error);
    }
  };

  const isFresh = (one: Known, what: 'askedMs' | 'epochAskedMs'): boolean => {
    const readMs = readClock();
    const askedMs = one[what];
    return askedMs !== null && readMs - askedMs < LIMITS.tombstoneLeaseMs - TERM_GRAIN_MS;
  };

  return {
    tombstonesOf: async (projectId, payer) => {
      const one = known(projectId);
      if (!isFresh(one, 'askedMs')) await renew(projectId, one, payer);
      return one.tombstones;
    },
    epochOf: async (projectId) => {
      const one = known(projectId);
      one.sharesAnswers = true;
      if (!isFresh(one, 'epochAskedMs')) await renew(projectId, one, RESERVED);
      return isFresh(one, 'epochAskedMs') ? one.epoch : null;
    },
    lastEpochOf: (projectId) => projects.get(projectId)?.epoch ?? null,
  };
}

/** The project that was asked for longest ago is forgotten first. */
function remember(projects: Map<ProjectId, Known>, projectId: ProjectId, known: Known): void {
  projects.delete(projectId);
  projects.set(projectId, known);
  const [oldest] = projects.keys();
  if (projects.size > PROJECTS_MAX && oldest !== undefined) projects.delete(oldest);
}

/**
 * Takes in the answer to a question of `askedMs`; null where the clock was set back since. Answers overtake each other: the one
 * to the latest question stands, whichever the source gave first. An epoch holds for as long as a change waits for those who
 * were told of that very epoch.
 */
function learn(one: Known, news: ProjectNews, use: NewsUse, askedMs: number | null): void {
  const sharedMs = use === 'answers' ? askedMs : null;
  if (one.askedMs !== null && (askedMs === null || askedMs < one.askedMs)) {
    if (sharedMs !== null && news.epoch === one.epoch)
      one.epochAskedMs = Math.max(one.epochAskedMs ?? sharedMs, sharedMs);
    return;
  }
  one.epochAskedMs = sharedMs ?? (news.epoch === one.epoch ? one.epochAskedMs : null);
  one.epoch = news.epoch;
  one.tombstones.apply(news);
  one.askedMs = askedMs;
}
