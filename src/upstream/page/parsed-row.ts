/** Which objects of an answer are looked at at all. The rule is the same for rows, retrieved persons and tables. */
import { isJsonObject, parseJson, type Json, type JsonObject } from '../../core/json.ts';
import { countMembers } from './scanner.ts';
import type { WrittenRow } from './tokens.ts';
import { PageFlaw, textOf } from './window.ts';

/** A row as it is written and as it is read. */
export interface ParsedRow {
  readonly bytes: Uint8Array;
  readonly text: string;
  readonly value: JsonObject;
  /** Whether a number may be written another way than a double would be. */
  readonly oddNumbers: boolean;
}

/**
 * `null` where a row is too large, is nested too deeply, or names a member twice: a client that captures events can
 * make such a row of a person, so the page leaves out that person and keeps all others. @throws {PageFlaw} where it is no JSON.
 */
export function parseRow({ bytes, members, oddNumbers }: WrittenRow): ParsedRow | null {
  if (bytes === null) return null;
  const text = textOf(bytes);
  const value: Json | undefined = parseJson(text);
  if (!isJsonObject(value)) throw new PageFlaw('has a row that is not JSON');
  return countMembers(value) === members ? { bytes, text, value, oddNumbers } : null;
}
