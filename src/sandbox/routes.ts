import { bulkDelete } from './actions/bulk-delete.ts';
import { list } from './actions/list.ts';
import { createRefused, retrieve } from './actions/retrieve.ts';
import type { Handler } from './call.ts';
import type { Generation } from './store/settings.ts';
import { notFound } from './wire/errors.ts';

/** Which throttle counts a call; only generation B has a second one (PostHog contract §9). */
export type ThrottleClass = 'destructive' | 'other';

/** What one method of one path does, and what it asks of a key. */
export interface Action {
  readonly handle: Handler;
  /** Empty: none declared, so every key with a scope list is refused (PostHog contract §3). */
  readonly scopes: readonly string[];
  readonly throttle: ThrottleClass;
}

/** A path and its methods in one generation. */
export interface Route {
  readonly id: string;
  readonly methods: ReadonlyMap<string, Action>;
}

interface Row {
  readonly method: string;
  readonly path: string;
  readonly generations: string;
  readonly action: Action;
}

function row(
  generations: string,
  methods: string,
  path: string,
  scopes: string,
  handle: Handler,
  throttle: ThrottleClass = 'other',
): Row[] {
  const action: Action = { handle, throttle, scopes: scopes.split(' ').filter((scope) => scope !== '') };
  return methods.split(' ').map((method) => ({ method, path, generations, action }));
}

/** Every endpoint, in the order of the contract's table (PostHog contract §1). */
const ROWS: readonly Row[] = [
  row('ABC', 'POST', 'bulk_delete', 'person:write', bulkDelete, 'destructive'),
  row('ABC', 'GET', '', 'person:read', list),
  row('ABC', 'POST', '', 'person:write', createRefused),
  row('ABC', 'GET', ':id', 'person:read', retrieve),
].flat();

function methodsAt(path: string, generation: Generation): ReadonlyMap<string, Action> {
  const rows = ROWS.filter((entry) => entry.path === path && entry.generations.includes(generation));
  return new Map(rows.map((entry) => [entry.method, entry.action]));
}

/**
 * Finds the route for the segments after `persons`. Fixed names win over person ids, and a one-segment name this
 * generation does not know is a person id (PostHog contract §1b): nothing is a clean 404 but an unknown second segment.
 */
export function resolve(segments: readonly string[], generation: Generation): Route {
  const [first, second, ...more] = segments;
  const fixed = methodsAt(segments.join('/'), generation);
  if (fixed.size > 0) return { id: '', methods: fixed };
  if (first !== undefined && more.length === 0) {
    const methods = methodsAt(second === undefined ? ':id' : `:id/${second}`, generation);
    if (methods.size > 0) return { id: first, methods };
  }
  throw notFound('Endpoint not found.');
}
