import { hasEscapedName, readNameByName } from './escaped-names.ts';

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [name: string]: Json;
}

/** `JSON.parse` gives nothing but JSON; this says so to the compiler. */
const isJson = (value: unknown): value is Json => value !== undefined;

/** The value of a JSON text, or `undefined` where the text is not JSON. */
export function parseJson(text: string): Json | undefined {
  try {
    const read: unknown = JSON.parse(text);
    const value = hasEscapedName(text) ? readNameByName(text, (literal) => JSON.parse(literal)) : read;
    return isJson(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A JSON merge patch (RFC 7396): members left out stay, `null` removes one, objects are merged, all else replaces. */
export function mergePatch(target: unknown, patch: JsonObject): JsonObject {
  const merged = new Map<string, Json>(isJsonObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, isJsonObject(value) ? mergePatch(merged.get(name), value) : value);
  }
  return Object.fromEntries(merged);
}
