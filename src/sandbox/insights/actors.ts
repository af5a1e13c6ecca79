import { byCreation, personRow } from '../actions/rows.ts';
import type { Call } from '../call.ts';
import type { Happening } from '../store/events.ts';
import type { Person } from '../store/persons/persons.ts';
import type { Generation } from '../store/settings.ts';
import { actorsLink } from '../wire/links.ts';
import { int } from '../wire/python.ts';

/** The page of actors every insight answers with (PostHog contract §5, §7). */

/** Somebody an insight matched. */
export interface Match {
  readonly person: Person;
  /** Of trends: how often. */
  readonly value?: number;
  /** Of trends: what was counted. */
  readonly deeds?: readonly Happening[];
}

/** A page of matches and how to go on from it. */
export interface Page {
  readonly results: readonly [{ readonly people: readonly unknown[]; readonly count: number }];
  readonly next: string | null;
  /** Matched on this page, but no longer there to show. */
  readonly missing: number;
}

const byId = (one: Match, other: Match): number => (one.person.uuid < other.person.uuid ? -1 : 1);

/** The order in which pages are cut: by the actor's id, and in A's trends by how often first (corrections Q2). */
function inCut(generation: Generation): (one: Match, other: Match) => number {
  if (generation !== 'A') return byId;
  return (one, other) => (other.value ?? 0) - (one.value ?? 0) || byId(one, other);
}

/** The order of the rows inside a page: how often, then newest first, then by UUID. */
function inRows(one: Match, other: Match): number {
  return (other.value ?? 0) - (one.value ?? 0) || byCreation(one.person, other.person);
}

/** Cuts a page. It ends at ids matched, not at rows shown: a page may be short, or empty, and still have a next one. */
export function cutPage(
  call: Call,
  matches: readonly Match[],
  offset: number,
  limit: number,
  next: () => string,
): Page {
  const page = matches.toSorted(inCut(call.generation)).slice(offset, offset + limit);
  const shown = page.filter((match) => match.person.state === 'live').toSorted(inRows);
  const people = shown.map((match) => personRow(call, match.person, match.value ?? null));
  return {
    results: [{ people, count: people.length }],
    next: page.length >= limit ? next() : null,
    missing: page.length - people.length,
  };
}

/** The page `offset` and `limit` ask for, with the actors' own builder of links. */
export function actorsPage(call: Call, dictionary: Record<string, unknown>, matches: readonly Match[]): Page {
  const limit = int(dictionary['limit'], 0) || 100;
  const offset = int(dictionary['offset'], 0);
  return cutPage(call, matches, offset, limit, () => actorsLink(call.target, offset, limit));
}
