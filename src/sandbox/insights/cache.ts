import type { Call } from '../call.ts';
import { currentUrl } from '../wire/links.ts';
import { ok, type Reply } from '../wire/message.ts';
import { isRecord, iso } from '../wire/python.ts';
import type { Page } from './actors.ts';

/**
 * Funnel, trends and correlation answers are cached by filter and project, with the links of the request that came first
 * inside (PostHog contract §10, trap 8). Any change of the world makes a new fingerprint, so that a cached answer here
 * is never out of date; upstream's can be.
 */

/** Characters of a page worth keeping; a row of the store holds 2 MB. */
const LARGEST = 500_000;

const FILTER_NAMES =
  /^(events|actions|exclusions|properties|filter_test_accounts|date_from|date_to|explicit_date|interval|search|limit|offset|type|drop_off|entrance_period_start|sampling_factor|(breakdown|entity|funnel).*)$/;

function fingerprint(sql: SqlStorage): string {
  const row = sql
    .exec<{ mark: string }>(
      `SELECT (SELECT count(*) || ':' || total(state = 'live') FROM persons) || ':' ||
        (SELECT coalesce(max(id), 0) FROM property_changes) || ':' || (SELECT count(*) FROM events) AS mark`,
    )
    .one();
  return row.mark;
}

function cacheKey(call: Call, action: string, dictionary: Record<string, unknown>): string {
  const filter = Object.entries(dictionary).filter(([name]) => FILTER_NAMES.test(name));
  const sorted = filter.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([action, call.projectId, call.generation, call.now, fingerprint(call.sql), sorted]);
}

function cached(call: Call, key: string): Reply | undefined {
  const row = call.sql
    .exec<{ json: string }>('SELECT json FROM actors_cache WHERE key = ?', key)
    .toArray()[0];
  if (row === undefined) return undefined;
  const stored: unknown = JSON.parse(row.json);
  return isRecord(stored) ? ok({ ...stored, is_cached: true }) : undefined;
}

/** Answers from the cache, or works the page out and keeps it. `refresh` asks for the work. */
export function cachedPage(
  call: Call,
  action: string,
  dictionary: Record<string, unknown>,
  work: () => Page,
): Reply {
  const key = cacheKey(call, action, dictionary);
  const wanted = call.settings.actors_cache && dictionary['refresh'] === undefined;
  const kept = wanted ? cached(call, key) : undefined;
  if (kept !== undefined) return kept;
  const { results, next, missing } = work();
  const data = {
    results,
    next,
    initial: currentUrl(call.target),
    missing_persons: missing,
    is_cached: false,
    last_refresh: iso(call.now),
  };
  const json = JSON.stringify(data);
  if (!call.csv && json.length <= LARGEST) {
    call.sql.exec('INSERT OR REPLACE INTO actors_cache (key, json) VALUES (?, ?)', key, json);
  }
  return ok(data);
}
