/** How PostHog is asked for an operation: at a path of its persons API, or by a query. Pure. */
import type { Generation } from './generation.ts';

/** What the operator chose for operations that PostHog answers in two ways. */
export const INSIGHT_ROUTES = ['query', 'legacy'] as const;
export type InsightRoute = (typeof INSIGHT_ROUTES)[number];

/** An operation that PostHog's Query API answers, in every generation and to every key with `query:read`. */
export interface QueryRoute {
  readonly kind: 'query';
  /**
   * Generations in which the path of the persons API answers too. It answers no key with a list of scopes (PostHog
   * contract §3), so it is asked only where the operator says so.
   */
  readonly legacyIn: readonly Generation[];
  /** Whether the persons API says more around the rows than the way to the next page. */
  readonly envelope: 'full' | 'short';
}

/** An operation that only a path of the persons API answers, and that some generations do not have. */
export interface PersonsRoute {
  readonly kind: 'persons';
  readonly absentIn: readonly Generation[];
  /** Whether PostHog removed it before these generations, or added it after them. */
  readonly because: 'removed' | 'newer';
  /** What the caller may use there, as a sentence. */
  readonly instead: string;
}

export type Route = QueryRoute | PersonsRoute;

/** What decides between the ways. */
export interface RouteFacts {
  readonly generation: Generation;
  readonly insightRoute: InsightRoute;
}

/** The query route of an operation where PostHog is asked by query, else `null`. */
export function queryRouteOf(route: Route | undefined, facts: RouteFacts): QueryRoute | null {
  if (route?.kind !== 'query') return null;
  const isLegacy = facts.insightRoute === 'legacy' && route.legacyIn.includes(facts.generation);
  return isLegacy ? null : route;
}
