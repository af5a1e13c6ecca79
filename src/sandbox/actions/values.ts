import type { Call } from '../call.ts';
import { own } from '../store/json.ts';
import { everyPerson } from '../store/persons/persons.ts';
import { ok, type Reply } from '../wire/message.ts';
import { text } from '../wire/python.ts';

/** Values of one answer (corrections §3, 2.15). */
const MOST_VALUES = 20;

interface Counted {
  readonly name: unknown;
  readonly count: number;
}

function count(call: Call, key: string, part: string): Counted[] {
  const found = new Map<string, Counted>();
  for (const person of everyPerson(call.sql, call.projectId)) {
    const name = own(person.properties, key);
    const spelled = text(name);
    if (person.state !== 'live' || name === undefined || !spelled.toLowerCase().includes(part.toLowerCase()))
      continue;
    found.set(spelled, { name, count: (found.get(spelled)?.count ?? 0) + 1 });
  }
  return [...found.values()]
    .toSorted((a, b) => b.count - a.count || (text(a.name) < text(b.name) ? -1 : 1))
    .slice(0, MOST_VALUES);
}

/** GET /values/ (PostHog contract §8, 22): the values of a property over the whole project, for every caller. */
export function values(call: Call): Reply {
  const key = call.target.query.get('key') ?? '';
  const found =
    key === '' || key.startsWith('$virt') ? [] : count(call, key, call.target.query.get('value') ?? '');
  if (call.generation === 'A') return ok(found);
  return {
    status: 200,
    data: { results: found, refreshing: false },
    headers: { 'cache-control': 'max-age=10' },
  };
}
