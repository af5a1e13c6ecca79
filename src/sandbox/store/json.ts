import { isRecord } from '../wire/python.ts';

/** A person's or an event's properties. */
export type Properties = Record<string, unknown>;

/** Reads a JSON column that only this program writes. */
export function parseJson(column: string): unknown {
  const value: unknown = JSON.parse(column);
  return value;
}

/** Reads a column of properties. */
export function parseProperties(column: string): Properties {
  const value = parseJson(column);
  return isRecord(value) ? value : {};
}

/** One property, and never what every JavaScript object has under that name. */
export function own(properties: Properties, key: string): unknown {
  return Object.hasOwn(properties, key) ? properties[key] : undefined;
}
