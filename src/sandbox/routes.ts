import { personActivity, projectActivity } from './actions/activity.ts';
import { batchByDistinctIds, batchByUuids } from './actions/batch.ts';
import { bulkDelete } from './deleting/bulk-delete.ts';
import { cohorts } from './actions/cohorts.ts';
import { deleteEvents, deletePerson, deleteRecordings } from './deleting/delete.ts';
import { deletionStatus } from './deleting/deletion-status.ts';
import { list } from './actions/list.ts';
import { propertiesAtTime } from './actions/properties-at-time.ts';
import { resetPersonDistinctId } from './actions/reset-distinct-id.ts';
import { createRefused, retrieve } from './actions/retrieve.ts';
import { split } from './actions/split.ts';
import { deleteProperty, updatePerson, updateProperty } from './actions/update.ts';
import { values } from './actions/values.ts';
import type { Handler } from './call.ts';
import { correlation } from './insights/correlation.ts';
import { funnel } from './insights/funnel.ts';
import { lifecycle } from './insights/lifecycle.ts';
import { stickiness } from './insights/stickiness.ts';
import { propertiesTimeline } from './insights/timeline.ts';
import { trends } from './insights/trends.ts';
import { query } from './query/route.ts';
import type { Settings } from './store/settings.ts';
import { notFound } from './wire/errors.ts';
import type { Place } from './wire/target.ts';

/** Which throttle counts a call (PostHog contract §9, query contract §1). */
export type ThrottleClass = 'destructive' | 'query' | 'other';

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

/**
 * Every endpoint, in the order of the contract's table (PostHog contract §1). `/:id/emails/` is missing on purpose: its
 * feature is off, which is a 404.
 */
const ROWS: readonly Row[] = [
  row('ABC', 'GET', 'activity', 'activity_log:read', projectActivity),
  row('ABC', 'POST', 'bulk_delete', 'person:write', bulkDelete, 'destructive'),
  row('ABC', 'GET', 'cohorts', 'person:read cohort:read', cohorts),
  row('AB', 'GET POST', 'funnel', '', funnel),
  row('A', 'GET POST', 'funnel/correlation', '', correlation),
  row('AB', 'GET', 'lifecycle', '', lifecycle),
  row('ABC', 'POST', 'reset_person_distinct_id', 'person:write', resetPersonDistinctId),
  row('A', 'GET', 'stickiness', '', stickiness),
  row('ABC', 'GET', '', 'person:read', list),
  row('ABC', 'POST', '', 'person:write', createRefused),
  row('ABC', 'GET', ':id', 'person:read', retrieve),
  row('ABC', 'PATCH PUT', ':id', 'person:write', updatePerson),
  row('ABC', 'DELETE', ':id', 'person:write', deletePerson, 'destructive'),
  row('ABC', 'POST', ':id/delete_events', 'person:write', deleteEvents, 'destructive'),
  row('ABC', 'POST', ':id/delete_recordings', 'person:write', deleteRecordings, 'destructive'),
  row('ABC', 'POST', ':id/delete_property', 'person:write', deleteProperty),
  row('ABC', 'POST', ':id/update_property', 'person:write', updateProperty),
  row('ABC', 'POST', ':id/split', 'person:write', split),
  row('ABC', 'GET', ':id/activity', 'activity_log:read', personActivity),
  row('ABC', 'GET', ':id/properties_timeline', '', propertiesTimeline),
  row('AB', 'GET', 'trends', '', trends),
  row('ABC', 'GET', 'values', 'person:read', values),
  row('BC', 'GET', 'deletion_status', 'person:read', deletionStatus),
  row('BC', 'POST', 'batch_by_distinct_ids', 'person:read', batchByDistinctIds),
  row('BC', 'POST', 'batch_by_uuids', 'person:read', batchByUuids),
  row('BC', 'GET', 'properties_at_time', 'person:read', propertiesAtTime),
].flat();

/** `query/`, the same in all generations (PostHog query contract §1). */
const QUERY: ReadonlyMap<string, Action> = new Map([
  ['POST', { handle: query, scopes: ['query:read'], throttle: 'query' }],
]);

/** Gone since 2026-07-23, in the life of generation B (corrections §3, 2.2). */
const REMOVED_IN_B: ReadonlySet<string> = new Set(['funnel', 'lifecycle', 'trends']);

function methodsAt(path: string, settings: Settings): ReadonlyMap<string, Action> {
  const { generation, legacy_insights: isEarly } = settings;
  if (generation === 'B' && !isEarly && REMOVED_IN_B.has(path)) return new Map();
  const rows = ROWS.filter((entry) => entry.path === path && entry.generations.includes(generation));
  return new Map(rows.map((entry) => [entry.method, entry.action]));
}

/**
 * Finds the route for the segments after `persons`. Fixed names win over person ids, and a one-segment name this
 * generation does not know is a person id (PostHog contract §1b): nothing is a clean 404 but an unknown second segment.
 */
export function resolve(place: Place, settings: Settings): Route {
  const { segments } = place;
  if (place.resource === 'query') {
    if (segments.length === 0) return { id: '', methods: QUERY };
    throw notFound('Endpoint not found.');
  }
  const [first, second, ...more] = segments;
  const fixed = methodsAt(segments.join('/'), settings);
  if (fixed.size > 0) return { id: '', methods: fixed };
  if (first !== undefined && more.length === 0) {
    const methods = methodsAt(second === undefined ? ':id' : `:id/${second}`, settings);
    if (methods.size > 0) return { id: first, methods };
  }
  throw notFound('Endpoint not found.');
}
