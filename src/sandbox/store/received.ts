import type { Message } from '../wire/message.ts';
import { parseTarget } from '../wire/target.ts';
import { parseJson } from './json.ts';

/** The record of what arrived, so that a test can assert that a refused call never did. */

/** How many requests are kept. */
const KEPT = 10_000;
/** Characters of a body kept; a row of the store holds 2 MB. */
const BODY_KEPT = 500_000;

/** Writes a request down on arrival, before anything is decided about it. */
export function recordArrival(sql: SqlStorage, message: Message): number {
  const { seq } = sql
    .exec<{ seq: number }>(
      'INSERT INTO received (at, method, target, headers, body) VALUES (?, ?, ?, ?, ?) RETURNING seq',
      Date.now(),
      message.method,
      parseTarget(message.url).raw,
      JSON.stringify(message.headers),
      message.body.slice(0, BODY_KEPT),
    )
    .one();
  sql.exec('DELETE FROM received WHERE seq <= ?', seq - KEPT);
  return seq;
}

/** Adds the status it was answered with. */
export function recordStatus(sql: SqlStorage, seq: number, status: number): void {
  sql.exec('UPDATE received SET status = ? WHERE seq = ?', status, seq);
}

type ReceivedRow = {
  seq: number;
  at: number;
  method: string;
  target: string;
  headers: string;
  body: string;
  status: number | null;
};

/** What arrived after a sequence number, oldest first. */
export function receivedAfter(sql: SqlStorage, after: number): unknown[] {
  return sql
    .exec<ReceivedRow>('SELECT * FROM received WHERE seq > ? ORDER BY seq', after)
    .toArray()
    .map(({ seq, at, method, target, headers, body, status }) => {
      return {
        seq,
        at: new Date(at).toISOString(),
        method,
        target,
        headers: parseJson(headers),
        body,
        status,
      };
    });
}

/** Forgets everything that arrived; sequence numbers go on counting. */
export function forgetReceived(sql: SqlStorage): void {
  sql.exec('DELETE FROM received');
}
