import type { Call } from '../call.ts';
import { ok, type Reply } from '../wire/message.ts';
import { isRecord, iso } from '../wire/python.ts';
import { runActorsQuery } from './actors.ts';
import type { QueryRequest } from './schema/envelope.ts';
import type { Column } from './select.ts';

/**
 * The answer around the rows, and its cache. A fresh answer is given again to each sender of the same query, although the
 * world may have changed meanwhile (PostHog query contract §1): only `force_blocking` always computes.
 */

const FRESH_MS = 5 * 60_000;

/** Characters of an answer worth keeping; a row of the store holds 2 MB. */
const LARGEST = 500_000;

const TYPES: Readonly<Record<Column, string>> = {
  actor: 'String',
  person: 'String',
  group: 'String',
  id: 'UUID',
  actor_id: 'UUID',
  created_at: "DateTime64(6, 'UTC')",
  'person.$delete': 'String',
  event_count: 'UInt64',
  event_distinct_ids: 'Array(String)',
};

function cacheKey(call: Call, query: QueryRequest['query']): string {
  return JSON.stringify(['query', call.projectId, call.generation, query]);
}

/** A short number that stands for a text, as a cache key shows it. */
function digest(value: string): string {
  let hash = 0x811c9dc5;
  for (const letter of value) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, '0');
}

function cached(call: Call, key: string): Reply | undefined {
  const row = call.sql
    .exec<{ json: string }>('SELECT json FROM actors_cache WHERE key = ?', key)
    .toArray()[0];
  if (row === undefined) return undefined;
  const stored: unknown = JSON.parse(row.json);
  if (!isRecord(stored)) return undefined;
  const age = call.now - Date.parse(String(stored['last_refresh']));
  return age >= 0 && age < FRESH_MS ? ok({ ...stored, is_cached: true }) : undefined;
}

/** What shows the caller's filters, and must not go further than the gateway. */
function revealing(query: QueryRequest['query'], key: string): Record<string, unknown> {
  const conditions = JSON.stringify({
    properties: query.properties ?? [],
    fixedProperties: query.fixedProperties ?? [],
    search: query.search ?? null,
  });
  return {
    hogql: `SELECT actor_id FROM source INNER JOIN persons ON persons.id = source.actor_id WHERE ${conditions}`,
    modifiers: { personsOnEventsMode: 'person_id_override_properties_joined', ...query.modifiers },
    cache_key: `cache_${digest(key)}_${conditions.length.toString(16)}`,
    query_metadata: { events: [], actions: [], conditions: JSON.parse(conditions) as unknown },
  };
}

/** Answers from the cache, or computes and keeps the answer. */
export function answerQuery(call: Call, request: QueryRequest): Reply {
  const { query, refresh } = request;
  const key = cacheKey(call, query);
  const isForced = refresh === 'force_blocking' || refresh === 'force_async';
  const kept = call.settings.actors_cache && !isForced ? cached(call, key) : undefined;
  if (kept !== undefined) return kept;
  const page = runActorsQuery(call, query);
  const data = {
    ...page,
    types: page.columns.map((column) => TYPES[column]),
    ...revealing(query, key),
    timings: [{ k: '.', t: 0.01 }],
    query_status: null,
    error: null,
    is_cached: false,
    last_refresh: iso(call.now),
    next_allowed_client_refresh: iso(call.now + 60_000),
    cache_target_age: iso(call.now + FRESH_MS),
    timezone: 'UTC',
    resolved_date_range: null,
  };
  const json = JSON.stringify(data);
  if (json.length <= LARGEST) {
    call.sql.exec('INSERT OR REPLACE INTO actors_cache (key, json) VALUES (?, ?)', key, json);
  }
  return ok(data);
}
