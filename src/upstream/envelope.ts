import type { Reply as ReplyShape } from '../catalogue/operation.ts';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';

/** The rows of an envelope: its results, or the people in each of its results (PostHog contract §7). */
export function rowsOf(envelope: JsonObject, where: ReplyShape['rows']): readonly JsonObject[] {
  const results = objectsIn(envelope['results']);
  return where === 'people' ? results.flatMap((result) => objectsIn(result['people'])) : results;
}

const objectsIn = (value: Json | undefined): JsonObject[] =>
  Array.isArray(value) ? value.filter((item) => isJsonObject(item)) : [];
