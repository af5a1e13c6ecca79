import { ADA, BEN, CYD, DOV, MIA, STAFF } from '../../../src/sandbox/seed/names.ts';
import { at, type Bench, column, sorted } from './ask.ts';

/** Words for the insights' tests: made-up stories, and whom an insight found. */

/** A range that has everything of a fresh world in it. */
export const WIDE = 'date_from=-30d';

/** One step or series of an insight. */
export function step(
  id: string | null,
  order = 0,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return { id, order, type: 'events', ...more };
}

/** Which of the well-known are among the actors of a page. */
export function known(found: readonly unknown[]): string[] {
  const names = { ADA, BEN, CYD, DOV, MIA, STAFF };
  return Object.entries(names)
    .filter(([, person]) => found.includes(person.uuid))
    .map(([name]) => name);
}

/** Adds events to project 1, told as "who: event@day and hour of March 2026, …". */
export async function happen(bench: Bench, ...lines: readonly string[]): Promise<void> {
  const events = lines.flatMap((line) => {
    const [who = '', deeds = ''] = line.split(': ');
    return deeds.split(', ').map((deed) => {
      const [event = '', when = ''] = deed.split('@');
      const timestamp = `2026-03-${when}:00:00Z`;
      return { project_id: 1, distinct_id: who, event, timestamp, properties: { way: who } };
    });
  });
  await bench.control('POST', 'events', events);
}

/** The first distinct ids of the actors on a page, in alphabetical order. */
export function ids(json: unknown): string[] {
  return sorted(column(at(json, 'results', 0, 'people'), 'distinct_ids').map((list) => at(list, 0)));
}
