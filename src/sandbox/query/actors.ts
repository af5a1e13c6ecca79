import type { Call } from '../call.ts';
import { satisfies } from '../filters/evaluate.ts';
import type { Match } from '../insights/actors.ts';
import { memberships } from '../store/cohorts.ts';
import { isStored, storedProperties } from '../store/events-store.ts';
import { everyPerson, type Person } from '../store/persons/persons.ts';
import { cell, isResolved } from './actor.ts';
import { allOf, compileFilter } from './filters.ts';
import { containsLike } from '../filters/like.ts';
import type { ActorsQuery } from './schema/actors.ts';
import { type Column, columnsOf, orderMatches } from './select.ts';
import type { Found } from './sources/found.ts';
import { findActors } from './sources/source.ts';
import { text } from '../wire/python.ts';

/** Runs an ActorsQuery (PostHog query contract §2). */

/** Rows of a page nobody chose a size for, and of the largest. */
const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 50_000;

/** A page of actors. */
export interface ActorsPage {
  readonly results: readonly (readonly unknown[])[];
  readonly columns: readonly Column[];
  readonly hasMore: boolean;
  readonly limit: number;
  readonly offset: number;
  readonly missing_actors_count: number;
}

/** Part of an e-mail address, a name, the UUID or a distinct id (corrections §2.10). */
function searchTest(search: string | null | undefined): ((person: Person) => boolean) | undefined {
  const wanted = (search ?? '').trim();
  if (wanted === '') return undefined;
  const contains = containsLike(wanted);
  return (person) =>
    [
      text(person.properties['email']),
      text(person.properties['name']),
      person.uuid,
      ...person.distinctIds,
    ].some(contains);
}

/** The filters on persons; undefined if nothing is asked, for then the table of persons is not even looked at. */
function personTest(call: Call, query: ActorsQuery): ((person: Person) => boolean) | undefined {
  const filter = allOf(
    compileFilter(call, query.properties, 'persons'),
    compileFilter(call, query.fixedProperties, 'persons'),
  );
  const sought = searchTest(query.search);
  const hasProperties = [query.properties, query.fixedProperties].some(
    (given) => given !== null && given !== undefined && !(Array.isArray(given) && given.length === 0),
  );
  if (!hasProperties && sought === undefined) return undefined;
  const cohorts = memberships(call.sql);
  const none: ReadonlySet<number> = new Set();
  return (person) =>
    isStored(call, person) &&
    (sought === undefined || sought(person)) &&
    satisfies(
      filter,
      {
        person: storedProperties(call, person),
        cohorts: cohorts.get(person.id) ?? none,
        distinctIds: person.distinctIds,
        uuid: person.uuid,
      },
      call.now,
    );
}

function everybody(call: Call): Found {
  const matches = everyPerson(call.sql, call.projectId)
    .filter((person) => isStored(call, person))
    .map((person): Match => ({ person }));
  return { matches, aggregation: { by: 'person' }, isCounted: false };
}

/** Answers one page. Groups and sessions pass by the filters of persons: nothing there asks for them. */
export function runActorsQuery(call: Call, query: ActorsQuery): ActorsPage {
  const { source } = query;
  const found = source === null || source === undefined ? everybody(call) : findActors(call, source);
  const { aggregation, isCounted } = found;
  const test = aggregation.by === 'person' ? personTest(call, query) : undefined;
  const matches = test === undefined ? found.matches : found.matches.filter(({ person }) => test(person));
  const columns = columnsOf(query.select, isCounted);
  const asked = query.limit ?? 0;
  const limit = asked <= 0 ? LIMIT_DEFAULT : Math.min(asked, LIMIT_MAX);
  const offset = Math.max(0, query.offset ?? 0);
  const ordered = orderMatches(matches, query.orderBy, columns, isCounted);
  const page = ordered.slice(offset, offset + limit);
  const context = { aggregation, isCounted, call };
  return {
    results: page.map((match) => columns.map((column) => cell(match, column, context))),
    columns,
    hasMore: ordered.length > offset + limit,
    limit,
    offset,
    missing_actors_count: page.filter((match) => !isResolved(match)).length,
  };
}
