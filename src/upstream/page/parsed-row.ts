/** Which objects of an answer are looked at at all. The rule is the same for rows, retrieved persons and tables. */
import { isJsonObject, parseJson, type Json, type JsonObject } from '../../core/json.ts';
import { countMembers } from './scanner.ts';
import type { WrittenRow } from './tokens.ts';
import { decoded } from './window.ts';

/** A row as it is written and as it is read. */
export interface ReadableRow {
  readonly bytes: Uint8Array;
  readonly value: JsonObject;
  /** Whether a number may be written another way than a double would be. */
  readonly oddNumbers: boolean;
}

/** The same with its text, which outlives its bytes. */
export interface ParsedRow extends ReadableRow {
  readonly text: string;
}

/**
 * `null` where a row is too large, is nested too deeply, names a member twice, or is no JSON: one person cannot break a
 * page, so the page leaves out that person and keeps all others. `value` is what was read of it.
 */
export function readableRow(
  { bytes, members, oddNumbers }: WrittenRow,
  value: Json | undefined,
): ReadableRow | null {
  if (bytes === null || !isJsonObject(value)) return null;
  return countMembers(value) === members ? { bytes, value, oddNumbers } : null;
}

/** A row by itself; `null` as above. */
export function parseRow(written: WrittenRow): ParsedRow | null {
  if (written.bytes === null) return null;
  const text = decoded(written.bytes);
  if (text === null) return null;
  const row = readableRow(written, parseJson(text));
  return row === null ? null : { ...row, text };
}
