import { type Call, merged } from '../call.ts';
import { satisfies } from '../filters/evaluate.ts';
import type { Group } from '../filters/leaf.ts';
import { EVERYTHING, parseProperties } from '../filters/parse.ts';
import { foundByNewSearch, foundBySearch } from '../filters/search.ts';
import { memberships } from '../store/cohorts.ts';
import { isStored, storedProperties } from '../store/events-store.ts';
import { everyPerson, type Person } from '../store/persons/persons.ts';
import { serverError } from '../wire/errors.ts';
import { absoluteLink } from '../wire/links.ts';
import { ok, type Reply } from '../wire/message.ts';
import { int, isRecord, text } from '../wire/python.ts';
import { personFilter } from './person-filter.ts';
import { byCreation, personRow } from './rows.ts';

/** GET / (PostHog contract §6.3, §8 item 9). */

/** The most rows generation B returns; it compares with the limit that was asked for all the same. */
const MOST_ROWS = 50_000;

/** Generation B reads the flat array from the query alone and dies on anything else; A takes every form from anywhere. */
function propertyFilter(call: Call, dictionary: Record<string, unknown>): Group {
  if (call.generation === 'A') return parseProperties(dictionary['properties']);
  const spelled = call.target.query.get('properties');
  if (spelled === undefined || spelled === '') return EVERYTHING;
  let parsed: unknown;
  try {
    parsed = JSON.parse(spelled);
  } catch {
    throw serverError();
  }
  if (!Array.isArray(parsed) || !parsed.every(isRecord)) throw serverError();
  return personFilter(call, parsed);
}

/** Newest first, ties by UUID descending: the order in which pages are cut. */
function newestFirst(a: Person, b: Person): number {
  return b.createdAt - a.createdAt || (a.uuid < b.uuid ? 1 : -1);
}

/** B and C sort a page that is cut once more, and there ties are ascending (corrections §3, 2.11). */
function inPage(call: Call, page: readonly Person[]): readonly Person[] {
  return call.generation === 'A' ? page : page.toSorted(byCreation);
}

/** Everybody who matches, including the deleted where the slow store still counts them. */
function matching(call: Call, dictionary: Record<string, unknown>): Person[] {
  const filter = propertyFilter(call, dictionary);
  const cohorts = memberships(call.sql);
  const [email, distinctId, search] = ['email', 'distinct_id', 'search'].map((name) =>
    text(dictionary[name]),
  );
  const isFound = call.generation === 'A' ? foundBySearch : foundByNewSearch;
  const none: ReadonlySet<number> = new Set();
  return everyPerson(call.sql, call.projectId)
    .filter((person) => isStored(call, person))
    .filter((person) => !email || text(person.properties['email']) === email)
    .filter((person) => !distinctId || person.distinctIds.includes(distinctId))
    .filter((person) => !search || isFound(person, search))
    .filter((person) => {
      const { distinctIds, uuid } = person;
      const stored = storedProperties(call, person);
      const subject = { person: stored, distinctIds, uuid, cohorts: cohorts.get(person.id) ?? none };
      return satisfies(filter, subject, call.now);
    })
    .toSorted(newestFirst);
}

/** Answers a page of persons; a CSV has all of them, whatever the paging parameters say. */
export function list(call: Call): Reply {
  const dictionary = merged(call);
  const limit = int(dictionary['limit'], 0) || 100;
  const offset = int(dictionary['offset'], 0);
  const matched = matching(call, dictionary);
  const rows = (persons: readonly Person[]): unknown[] =>
    inPage(call, persons)
      .filter((person) => person.state !== 'deleted')
      .map((person) => personRow(call, person));
  if (call.csv) return ok(rows(matched.slice(0, call.generation === 'A' ? 300_000 : MOST_ROWS)));
  const size = call.generation === 'A' ? limit : Math.min(limit, MOST_ROWS);
  const page = matched.slice(offset, offset + size);
  return ok({
    results: rows(page),
    next: page.length >= limit ? absoluteLink(call.target, offset + limit) : null,
    previous: offset - limit >= 0 ? absoluteLink(call.target, offset - limit) : null,
    ...(call.target.query.has('include_total') ? { count: matched.length } : {}),
  });
}
