import type { ThrottleClass } from '../routes.ts';
import type { Generation, Key, Settings } from '../store/settings.ts';
import { throttled } from '../wire/errors.ts';

/** Upstream's rate limits: sliding windows of timestamps; refused calls do not count (PostHog contract §9). */

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

interface Limit {
  readonly bucket: string;
  readonly calls: number;
  readonly windowMs: number;
}

function contractLimits(generation: Generation, key: Key, kind: ThrottleClass): Limit[] {
  const owner = `owner:${key.owner ?? 'owner'}`;
  const own = `key:${key.key}`;
  if (generation === 'A') {
    return [
      { bucket: own, calls: 240, windowMs: MINUTE_MS },
      { bucket: owner, calls: 180, windowMs: MINUTE_MS },
      { bucket: owner, calls: 1200, windowMs: HOUR_MS },
    ];
  }
  // Queries and reads of persons share one bucket, `clickhouse_burst` upstream (corrections Q9).
  const burst = { bucket: `${own}:other`, calls: 240, windowMs: MINUTE_MS };
  if (kind === 'other') return [burst];
  if (kind === 'query') return [burst, { bucket: `${own}:query`, calls: 1200, windowMs: HOUR_MS }];
  return [
    { bucket: `${own}:destructive`, calls: 480, windowMs: MINUTE_MS },
    { bucket: `${own}:destructive`, calls: 4800, windowMs: HOUR_MS },
  ];
}

function limits(settings: Settings, key: Key, kind: ThrottleClass): Limit[] {
  if (settings.throttle === true) return contractLimits(settings.generation, key, kind);
  if (settings.throttle === false) return [];
  const bucket = `key:${key.key}`;
  const { per_minute, per_hour } = settings.throttle;
  const hourly = per_hour === undefined ? [] : [{ bucket, calls: per_hour, windowMs: HOUR_MS }];
  return [{ bucket, calls: per_minute, windowMs: MINUTE_MS }, ...hourly];
}

function waitMs(sql: SqlStorage, limit: Limit, now: number): number {
  const { n, oldest } = sql
    .exec<{ n: number; oldest: number | null }>(
      'SELECT count(*) AS n, min(at) AS oldest FROM throttle_hits WHERE bucket = ? AND at > ?',
      limit.bucket,
      now - limit.windowMs,
    )
    .one();
  return n < limit.calls || oldest === null ? 0 : Math.max(1, limit.windowMs - (now - oldest));
}

/** Counts a call against its limits, or refuses it with the longest wait among them. */
export function throttle(sql: SqlStorage, settings: Settings, key: Key, kind: ThrottleClass): void {
  const now = Date.now();
  const applied = limits(settings, key, kind);
  const wait = Math.max(0, ...applied.map((limit) => waitMs(sql, limit, now)));
  if (wait > 0) throw throttled(Math.ceil(wait / 1000));
  for (const bucket of new Set(applied.map((limit) => limit.bucket))) {
    sql.exec('INSERT INTO throttle_hits (bucket, at) VALUES (?, ?)', bucket, now);
  }
  sql.exec('DELETE FROM throttle_hits WHERE at <= ?', now - HOUR_MS);
}
