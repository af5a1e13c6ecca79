import { serverError } from './errors.ts';

/**
 * PostHog is a Python program, and several of its foot-guns are Python's conversions. They live here, so that no
 * handler can tidy one away by writing what JavaScript finds natural.
 */

/** A JSON object, and not an array or null. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `bool(value)`: the string "false" is true; empty containers are false (PostHog contract §8, bulk_delete). */
export function truthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isRecord(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** `int(value)`, with the unhandled ValueError that a word in a number's place causes (PostHog contract §4). */
export function int(value: unknown, otherwise: number): number {
  if (value === undefined || value === null || value === '') return otherwise;
  if (typeof value === 'number') return Math.trunc(value);
  if (typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value)) return Number.parseInt(value, 10);
  throw serverError();
}

/** `str(value)` for the values JSON can hold. */
export function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return value === null || value === undefined ? '' : JSON.stringify(value);
}

/** What iterating a JSON value yields: a string is a sequence of its characters, and a number is a crash. */
export function sequence(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.map((item: unknown) => item);
  if (typeof value === 'string') return Array.from(value);
  if (isRecord(value)) return Object.keys(value);
  throw serverError();
}

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** `UUID(value)` in canonical spelling, or undefined where Python would raise. */
export function uuid(value: unknown): string | undefined {
  if (typeof value !== 'string' || !UUID.test(value)) return undefined;
  return value
    .replaceAll('-', '')
    .toLowerCase()
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** A moment as Django REST framework writes it: no fraction when there is none. */
export function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('.000Z', 'Z');
}
