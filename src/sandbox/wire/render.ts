import type { Answer, Reply } from './message.ts';
import { isRecord, text } from './python.ts';

/** Flattens nested members into dotted columns, as upstream's CSV writer does (PostHog contract §8, CSV). */
function flatten(value: unknown, prefix: string, into: Map<string, string>): void {
  const entries: [string, unknown][] = Array.isArray(value)
    ? value.map((item: unknown, index) => [String(index), item])
    : isRecord(value)
      ? Object.entries(value)
      : [];
  if (!Array.isArray(value) && !isRecord(value)) into.set(prefix, written(value));
  for (const [name, item] of entries) flatten(item, prefix === '' ? name : `${prefix}.${name}`, into);
}

/** Python's spelling of a value. */
function written(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return text(value);
}

function cell(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** A header line and one line per row. */
export function toCsv(rows: readonly unknown[]): string {
  const flat = rows.map((row) => {
    const columns = new Map<string, string>();
    flatten(row, '', columns);
    return columns;
  });
  const names = [...new Set(flat.flatMap((columns) => [...columns.keys()]))].toSorted();
  const lines = flat.map((columns) => names.map((name) => cell(columns.get(name) ?? '')).join(','));
  return [names.map(cell).join(','), ...lines].map((line) => `${line}\r\n`).join('');
}

function csvRows(data: unknown): readonly unknown[] {
  if (isRecord(data) && Array.isArray(data['results'])) return data['results'].map((row: unknown) => row);
  return Array.isArray(data) ? data.map((row: unknown) => row) : [data];
}

/** What an instance and the edge in front of it add to everything: the gateway has to take it off (PostHog contract §3). */
const ADDED: Readonly<Record<string, string>> = {
  server: 'sandbox',
  'set-cookie': 'sandbox_instance=1; Path=/; HttpOnly',
  traceparent: '00-0190c0de000070008000000000000001-0190c0de00000001-01',
  vary: 'Accept, Cookie, Origin',
};

/** Writes a reply in the negotiated format; errors come as CSV too when CSV was asked for. */
export function writeReply(reply: Reply, csv: boolean): Answer {
  const headers: Record<string, string> = { ...ADDED, ...reply.headers };
  if (reply.data === undefined) return { status: reply.status, headers, body: null };
  if (csv) {
    headers['content-type'] = 'text/csv; charset=utf-8';
    return { status: reply.status, headers, body: toCsv(csvRows(reply.data)) };
  }
  headers['content-type'] = 'application/json';
  return { status: reply.status, headers, body: JSON.stringify(reply.data) };
}
