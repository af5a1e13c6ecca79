/** What may differ between two answers to one call, and nothing else: ids and times of the call, and what is left of a rate. */
import type { Answer } from '../support/client.ts';
import { readCsv } from '../support/csv.ts';

const OWN_IDS = /\b(req|del|tok|reg)_[A-Za-z0-9_-]{22}/g;
/** Of the gateway's own plane: when something was asked, sent and answered, how fast, and what is left of the rate. */
const OWN_TIMES =
  /"(intended_at|refused_at|last_attempt_at|next_attempt_at|settled_at|issued_at|expires_at|last_used_at|duration_ms|remaining|full_again_in_seconds|more_in_seconds)":("[^"]*"|\d+)/g;
/** Where a list of refusals goes on is the microsecond of one. */
const OWN_CURSORS = /\b(cursor=)\d{16}\b/g;
/** A rate is told only where any time has passed. */
const OWN_RATES = /"(persons_per_minute)":(null|\d+)/g;
/** The same columns in a table. */
const OWN_COLUMNS = /^(?:.*_at|outcome\.(?:settled_at|duration_ms))$/;
const HEADERS_OF_THE_CALL = new Set([
  'date',
  'ratelimit',
  'hedgerow-token-expires',
  'connection',
  'keep-alive',
]);
const OWN_PLANE = '/v1/';

/** An answer as one text: status, headers by name, body byte for byte. */
export function normalised(target: string, { status, headers, text }: Answer): string {
  const isOwn = target.startsWith(OWN_PLANE);
  const kept = Object.entries(headers)
    .filter(([name]) => !HEADERS_OF_THE_CALL.has(name))
    // As many digits as it took milliseconds.
    .filter(([name]) => !(isOwn && name === 'content-length'))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}: ${value}`);
  return [String(status), ...kept, '', isOwn ? timeless(target, text) : text]
    .join('\n')
    .replaceAll(OWN_IDS, '$1_*')
    .replaceAll(OWN_CURSORS, '$1*');
}

const timeless = (target: string, text: string): string =>
  target.includes('format=csv')
    ? timelessTable(text)
    : text.replaceAll(OWN_TIMES, '"$1":"*"').replaceAll(OWN_RATES, '"$1":"*"');

/** A table without its times; an answer that is no table is left as it is. */
function timelessTable(text: string): string {
  if (!/^(?:id|code),/.test(text)) return text;
  const [header = [], ...rows] = readCsv(text);
  const shown = rows.map((row) =>
    row.map((cell, i) => (cell !== '' && OWN_COLUMNS.test(header[i] ?? '') ? '*' : cell)),
  );
  return [header, ...shown].map((row) => JSON.stringify(row)).join('\n');
}
