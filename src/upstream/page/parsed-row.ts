/** Which objects of an answer are looked at at all. The rule is the same for rows, retrieved persons and tables. */
import { isJsonObject, parseJson, type Json, type JsonObject } from '../../core/json.ts';
import { countMembers } from './scanner.ts';
import type { WrittenRow } from './tokens.ts';
import { PageFlaw, textOf } from './window.ts';

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
 * `null` where a row is too large, is nested too deeply, or names a member twice: a client that captures events can
 * make such a row of a person, so the page leaves out that person and keeps all others. `value` is what was read of it.
 * @throws {PageFlaw} where that is no object.
 */
export function readableRow(
  { bytes, members, oddNumbers }: WrittenRow,
  value: Json | undefined,
): ReadableRow | null {
  if (bytes === null) return null;
  if (!isJsonObject(value)) throw new PageFlaw('has a row that is not JSON');
  return countMembers(value) === members ? { bytes, value, oddNumbers } : null;
}

/** A row by itself; `null` as above. @throws {PageFlaw} where it is no JSON. */
export function parseRow(written: WrittenRow): ParsedRow | null {
  if (written.bytes === null) return null;
  const text = textOf(written.bytes);
  const row = readableRow(written, parseJson(text));
  return row === null ? null : { ...row, text };
}
