/** The rows that end in one chunk, read together: decoding and parsing begin once, and not once for each row. */
import { parseJson, type Json } from '../../core/json.ts';
import { parseRow, readableRow, type ReadableRow } from './parsed-row.ts';
import { ValueScanner } from './scanner.ts';
import { CHAR, ROW_BYTES_MAX, ROW_DEPTH_MAX, type WrittenRow } from './tokens.ts';
import { decoded, type ByteWindow } from './window.ts';

/** What is read at once, so that little is in memory. */
const BATCH_BYTES = 65_536;

/** A row as it is written, and what is read of it: `null` where it is not looked at. */
export interface BatchedRow {
  readonly kept: Uint8Array;
  readonly row: ReadableRow | null;
}

/**
 * The next rows that end in the window, with commas between them; reading goes on behind them. None where the first of
 * them is cut or too large.
 */
export function takeRows(window: ByteWindow): readonly BatchedRow[] {
  const { bytes, at: from } = window;
  const written = writtenRows(bytes, from);
  const last = written.at(-1);
  if (last === undefined) return [];
  window.at = last.end;
  window.mark();
  const text = decoded(bytes.subarray(from, last.end));
  // Where one of them is no JSON, each is read by itself.
  const values = text === null ? undefined : parseJson(`[${text}]`);
  return written.map((one, i) => ({
    kept: one.kept,
    row: isList(values) ? readableRow(one, values[i]) : parseRow(one),
  }));
}

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

interface RowInWindow extends WrittenRow {
  readonly kept: Uint8Array;
  /** Where it ends. */
  readonly end: number;
}

function writtenRows(bytes: Uint8Array, from: number): readonly RowInWindow[] {
  const rows: RowInWindow[] = [];
  // Where white space stands between rows, they come in more than one batch.
  for (let at = from; bytes[at] === CHAR.openObject; at += 1) {
    const scanner = new ValueScanner();
    const end = scanner.scan(bytes, at);
    if (end === -1 || end - at > ROW_BYTES_MAX) break;
    const kept = bytes.subarray(at, end);
    const { members, depthMax, oddNumbers } = scanner;
    rows.push({ bytes: depthMax > ROW_DEPTH_MAX ? null : kept, kept, members, oddNumbers, end });
    at = end;
    if (bytes[at] !== CHAR.comma || end - from > BATCH_BYTES) break;
  }
  return rows;
}
