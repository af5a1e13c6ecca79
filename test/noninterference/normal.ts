/** What may differ between two answers to one call, and nothing else: ids and times of the call, and what is left of a rate. */
import type { Answer } from '../support/client.ts';
import { readCsv } from '../support/csv.ts';

const OWN_IDS = /\b(req|del|tok|reg)_[A-Za-z0-9_-]{22}/g;
/** Members of the gateway's own records: when something was asked, sent and answered, and what is left of the rate. */
const CALL_MEMBERS = [
  'intended_at',
  'last_attempt_at',
  'next_attempt_at',
  'settled_at',
  'issued_at',
  'expires_at',
  'duration_ms',
  'remaining',
  'full_again_in_seconds',
];
const CALL_VALUES = new RegExp(`"(${CALL_MEMBERS.join('|')})":("[^"]*"|\\d+)`, 'g');
const HEADERS_OF_THE_CALL = new Set(['date', 'ratelimit', 'connection', 'keep-alive']);
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
  return [String(status), ...kept, '', isOwn ? timeless(headers['content-type'], text) : text]
    .join('\n')
    .replaceAll(OWN_IDS, '$1_*');
}

function timeless(type: string | undefined, text: string): string {
  return type?.startsWith('text/csv') === true
    ? timelessTable(text)
    : text.replaceAll(CALL_VALUES, '"$1":"*"');
}

/** The cells of a table, by the names of their columns. */
function timelessTable(text: string): string {
  const [columns = [], ...rows] = readCsv(text);
  const ofTheCall = columns.map((name) => CALL_MEMBERS.includes(name.split('.').at(-1) ?? ''));
  return JSON.stringify([
    columns,
    ...rows.map((row) => row.map((cell, i) => (ofTheCall[i] === true && cell !== '' ? '*' : cell))),
  ]);
}
