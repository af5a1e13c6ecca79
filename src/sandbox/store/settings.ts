import * as z from 'zod';
import { parseJson } from './json.ts';

/**
 * What the control plane can set about a world. Everything but the keys' owners comes from the contract; a switch exists
 * where the contract is unsure, or where the real behaviour would get in the way of a test about something else.
 */

const key = z.strictObject({
  key: z.string().min(1),
  /** Empty: an old-style key, which passes every action of generation A and none since (corrections §3, 2.1). */
  scopes: z.array(z.string()),
  /** Left out: every project. */
  projects: z.array(z.int()).optional(),
  /** Whose key it is; the throttle of generation A counts per owner (§9). */
  owner: z.string().optional(),
});

const settings = z.strictObject({
  generation: z.enum(['A', 'B', 'C']),
  seed: z.int(),
  /** The world's clock stands still here; only throttles and the record of requests use the real one. */
  now: z.iso.datetime({ offset: true }),
  keys: z.array(key),
  /** The project the keys' owner has selected; null: none (§10, trap 4). */
  current_project: z.int().nullable(),
  /** How far the `Date` of its answers is ahead of the real clock; null: they have none, as behind some proxies. */
  date_ahead_ms: z.int().nullable(),
  /** True: the contract's numbers. An object: these numbers, per key, for every call. */
  throttle: z.union([
    z.boolean(),
    z.strictObject({ per_minute: z.int().positive(), per_hour: z.int().positive().optional() }),
  ]),
  /** True: the actions that take no URL arguments fail on the nested path (§10, trap 4). */
  nested_quirks: z.boolean(),
  /** True: a deleted person still counts for the list's paging (§5). */
  clickhouse_lag: z.boolean(),
  /** What the events store has of persons, by UUID: older properties; null: the person is not there yet (query contract §4). */
  stale_persons: z.record(z.string(), z.record(z.string(), z.json()).nullable()),
  /** False: no cached funnel, trends and correlation answers (§10, trap 8). */
  actors_cache: z.boolean(),
  /** False: generation B after 2026-07-23, which has lost funnel, lifecycle and trends (corrections §3, 2.2). */
  legacy_insights: z.boolean(),
  /** Properties the project declared numeric: only these the query engine compares as numbers (corrections §2.14). */
  numeric_properties: z.array(z.string()),
  /** True: A since 2025-12-23, whose bulk delete takes flags and still answers nothing (corrections §3, the "A½"). */
  bulk_delete_flags: z.boolean(),
  /** True: paths of environments are sent on to those of projects, as before July 2026 (corrections §3, 2.8). */
  environments_redirect: z.boolean(),
  /** Properties that the keys' owner may not read, or not write (corrections §3, 2.16). */
  unreadable_properties: z.array(z.string()),
  unwritable_properties: z.array(z.string()),
  /** True: a split waits for a step of the control plane (corrections §3, 2.21). */
  async_splits: z.boolean(),
  /** False: generation C without its queue, as self-hosted instances run it (corrections §3, 2.4). */
  async_deletes: z.boolean(),
  /** How long a person of C's queue is still there, by the real clock; null: until a step of the control plane. */
  deletion_delay_ms: z.int().nonnegative().nullable(),
  /** True: a person created again is visible at once (corrections §3, 2.20). */
  tombstones: z.boolean(),
  /** UUIDs of persons whose deletion fails; in C's queue the failure is late and nobody is told (corrections §3, 2.7). */
  undeletable: z.array(z.string()),
  /** UUIDs of persons that C cannot put into its queue: the one failure a bulk delete of C tells. */
  unqueueable: z.array(z.string()),
});

/** The settings of a world. */
export type Settings = z.infer<typeof settings>;
/** One of the three upstream generations (PostHog contract §1b). */
export type Generation = Settings['generation'];
/** A personal API key and what it may do. */
export type Key = Settings['keys'][number];

/** Any part of the settings, as reset and the settings route take them. */
export const settingsChange = settings.partial();

/** The scopes of the key of a fresh world: what every endpoint that a key can open asks for. */
export const KEY_SCOPES = [
  'person:read',
  'person:write',
  'cohort:read',
  'activity_log:read',
  'query:read',
] as const;

/** What the sandbox's own variables say about a fresh world. */
export interface Defaults {
  readonly apiKey: string;
  readonly generation: Generation;
}

/** The generation a variable names, B if it names none. */
export function generationOf(name: string | undefined): Generation {
  const parsed = settings.shape.generation.safeParse(name);
  return parsed.success ? parsed.data : 'B';
}

/** The settings a reset without members gives. */
export function defaultSettings(defaults: Defaults): Settings {
  return {
    generation: defaults.generation,
    seed: 1,
    now: new Date().toISOString(),
    keys: [{ key: defaults.apiKey, scopes: [...KEY_SCOPES] }],
    current_project: 1,
    date_ahead_ms: 0,
    throttle: true,
    nested_quirks: true,
    clickhouse_lag: false,
    stale_persons: {},
    actors_cache: true,
    legacy_insights: true,
    numeric_properties: [],
    bulk_delete_flags: false,
    environments_redirect: false,
    unreadable_properties: [],
    unwritable_properties: [],
    async_splits: false,
    async_deletes: true,
    deletion_delay_ms: 5000,
    tombstones: false,
    undeletable: [],
    unqueueable: [],
  };
}

/** The settings over which a change is laid; members left out keep their value. */
export function changed(before: Settings, change: z.infer<typeof settingsChange>): Settings {
  return settings.parse({ ...before, ...change });
}

/** Reads the stored settings; undefined in a world that was never made. */
export function readSettings(sql: SqlStorage): Settings | undefined {
  const row = sql.exec<{ json: string }>('SELECT json FROM settings').toArray()[0];
  return row === undefined ? undefined : settings.parse(parseJson(row.json));
}

/** Stores the settings. */
export function writeSettings(sql: SqlStorage, value: Settings): void {
  sql.exec('INSERT OR REPLACE INTO settings (id, json) VALUES (1, ?)', JSON.stringify(value));
}
