import * as z from 'zod';
import type { Message } from '../wire/message.ts';
import { parseTarget } from '../wire/target.ts';
import { parseJson } from './json.ts';

/** Misbehaviour to order: the next requests that match get it, each fault as often as it says. */

const KINDS = [
  'status',
  'html',
  'slow',
  'hold',
  'hang_up',
  'truncated_json',
  'redirect',
  'lost_reply',
  'lost_request',
  'echo_key',
  'huge',
] as const;

/** One fault, as it is ordered. */
export const fault = z.strictObject({
  kind: z.enum(KINDS),
  /** How many requests it hits. */
  times: z.int().positive().default(1),
  method: z.string().optional(),
  path_contains: z.string().optional(),
  body_contains: z.string().optional(),
  /** The status of `status` (default 500), `html` and `echo_key` (200) and `redirect` (302). */
  status: z.int().min(200).max(599).optional(),
  /** Milliseconds; of `slow`, before anything is done; of `lost_reply`, between the work and the break. */
  delay_ms: z.int().nonnegative().optional(),
  /** The `Retry-After` of a 429. */
  retry_after_seconds: z.int().nonnegative().optional(),
  /** Where a redirect points. */
  location: z.string().optional(),
  /** How large a `huge` page is. */
  bytes: z.int().positive().optional(),
});

/** One fault. */
export type Fault = z.infer<typeof fault>;

type FaultRow = { id: number; json: string; remaining: number };

function standing(sql: SqlStorage): { id: number; remaining: number; fault: Fault }[] {
  return sql
    .exec<FaultRow>('SELECT * FROM faults WHERE remaining > 0 ORDER BY id')
    .toArray()
    .map((row) => ({ id: row.id, remaining: row.remaining, fault: fault.parse(parseJson(row.json)) }));
}

/** Orders a fault; answers its id. */
export function addFault(sql: SqlStorage, ordered: Fault): number {
  return sql
    .exec<{ id: number }>(
      'INSERT INTO faults (json, remaining) VALUES (?, ?) RETURNING id',
      JSON.stringify(ordered),
      ordered.times,
    )
    .one().id;
}

/** The faults still to come, with how many requests each will still hit. */
export function listFaults(sql: SqlStorage): unknown[] {
  return standing(sql).map((entry) => ({ id: entry.id, remaining: entry.remaining, fault: entry.fault }));
}

/** Lets requests go that are held, and takes back the holds still to come. */
export function releaseHeld(sql: SqlStorage): void {
  sql.exec(`DELETE FROM faults WHERE json ->> 'kind' = 'hold'`);
}

/** True until the hold is released, or taken back with all other faults. */
export function isHolding(sql: SqlStorage, id: number): boolean {
  return sql.exec('SELECT 1 FROM faults WHERE id = ?', id).toArray().length > 0;
}

/** Takes all faults back, and lets requests go that are held. */
export function clearFaults(sql: SqlStorage): void {
  sql.exec('DELETE FROM faults');
}

/** The fault that hits this request, if any; it has then been used once. */
export function takeFault(sql: SqlStorage, message: Message): { id: number; fault: Fault } | undefined {
  const { raw } = parseTarget(message.url);
  const hit = standing(sql).find(({ fault: { method, path_contains, body_contains } }) => {
    const methodFits = method === undefined || method.toUpperCase() === message.method;
    const pathFits = path_contains === undefined || raw.includes(path_contains);
    return methodFits && pathFits && (body_contains === undefined || message.body.includes(body_contains));
  });
  if (hit === undefined) return undefined;
  sql.exec('UPDATE faults SET remaining = remaining - 1 WHERE id = ?', hit.id);
  return hit;
}
