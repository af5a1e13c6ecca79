/** What an isolate knows of the tombstones of each project: as new as a term, and asked for once for many requests. */
import type { ProjectId } from '../core/ids.ts';
import { LIMITS } from '../core/limits.ts';
import { Tombstones, type TombstoneNews } from '../core/tombstones.ts';
import type { Payer, PermitLease, ShareAsk } from '../core/upstream-share.ts';
import type { LeaseBook } from '../upstream/share/lease-book.ts';

/** Tells what changed among the tombstones of one project, and gives permits along where some are wanted. */
export interface TombstoneSource {
  readonly tombstones: (
    keys: readonly string[],
    wanted: ShareAsk | null,
  ) => Promise<TombstoneNews & { readonly lease?: PermitLease }>;
}

/** The tombstones of a project: all of those that were there when the answer was asked for. `payer` is about to ask PostHog. */
export type TombstonesOf = (projectId: ProjectId, payer: Payer) => Promise<Tombstones>;

export interface TombstoneOptions {
  readonly sourceOf: (projectId: ProjectId) => TombstoneSource;
  /** The permits of this isolate. */
  readonly leases: LeaseBook;
  readonly nowMs: () => number;
  /** Told when a source cannot be reached. Reads go on with what was known last. */
  readonly unreachable: (error: unknown) => void;
}

interface Known {
  readonly tombstones: Tombstones;
  /** When the question was asked that was answered last. */
  askedMs: number | null;
}

/** Projects that an isolate remembers. */
const PROJECTS_MAX = 100;

/**
 * One for all requests of an isolate. Each request whose knowledge is too old asks for itself, because the platform ties
 * what a request waits for to that request.
 */
export function knownTombstones({ sourceOf, leases, nowMs, unreachable }: TombstoneOptions): TombstonesOf {
  const projects = new Map<ProjectId, Known>();
  return async (projectId, payer) => {
    const known = projects.get(projectId) ?? { tombstones: new Tombstones(), askedMs: null };
    remember(projects, projectId, known);
    const askedMs = nowMs();
    if (isFresh(known, askedMs)) return known.tombstones;
    const pending = payer.kind === 'tenant' ? leases.askAlong(projectId, payer) : null;
    const settle = (lease: PermitLease | null) => {
      if (payer.kind === 'tenant' && pending !== null) leases.settle(projectId, payer, pending, lease, 0);
    };
    try {
      const news = await sourceOf(projectId).tombstones(known.tombstones.keys, pending?.ask ?? null);
      settle(news.lease ?? null);
      // Of two answers on their way at once, the one to the later question stands.
      if (known.askedMs === null || askedMs >= known.askedMs || !isFresh(known, nowMs())) {
        known.tombstones.apply(news);
        known.askedMs = askedMs;
      }
    } catch (error) {
      settle(null);
      unreachable(error);
    }
    return known.tombstones;
  };
}

/** The project that was asked for longest ago is forgotten first. */
function remember(projects: Map<ProjectId, Known>, projectId: ProjectId, known: Known): void {
  projects.delete(projectId);
  projects.set(projectId, known);
  const [oldest] = projects.keys();
  if (projects.size > PROJECTS_MAX && oldest !== undefined) projects.delete(oldest);
}

/** A clock that was set back makes nothing fresh. */
function isFresh({ askedMs }: Known, now: number): boolean {
  if (askedMs === null) return false;
  const ageMs = now - askedMs;
  return ageMs >= 0 && ageMs < LIMITS.tombstoneLeaseMs;
}
