/** Rows as lines of a table where the row is not read as a value: its members are taken apart, and stay as written. */
import { csvLine, WrittenJson } from '../../core/csv.ts';
import { withDigitsOf } from '../../core/exact-json.ts';
import { parseJson } from '../../core/json.ts';
import type { Table } from './plan.ts';
import { CHAR, isLarge } from './tokens.ts';
import { behindSpace, endOfString, endOfValue } from './untouched/validator.ts';
import { textOf } from './window.ts';

/** Where a member stands in the bytes of its object: its name and its value, as they are written. */
interface WrittenMember {
  readonly from: number;
  readonly nameEnd: number;
  readonly valueFrom: number;
  readonly end: number;
}

/**
 * The line of an object that is JSON, and is nested too deeply to be read or names a member twice. Of two members with
 * one name the last has the column, as JSON readers have it, and the first stands among the others.
 */
export function writtenRowLine({ members, properties }: Table, row: Uint8Array): string {
  const shown = lastOf(row, new Set([...members, 'properties']));
  const named = valueOf(row, shown.get('properties'));
  const inside = named?.[0] === CHAR.openObject ? lastOf(named, new Set(properties)) : NONE;
  return csvLine([
    ...members.map((name) => cellOf(valueOf(row, shown.get(name)))),
    othersOf(row, new Set(members), shown),
    ...properties.map((name) => (named === null ? null : cellOf(valueOf(named, inside.get(name))))),
  ]);
}

type Members = ReadonlyMap<string, WrittenMember>;
const NONE: Members = new Map();

/** Of each of these names the last member. */
function lastOf(object: Uint8Array, names: ReadonlySet<string>): Members {
  const last = new Map<string, WrittenMember>();
  eachMember(object, (name, member) => {
    if (names.has(name)) last.set(name, member);
  });
  return last;
}

/** An object of the members that have no column, `null` where there are none. */
function othersOf(row: Uint8Array, columns: ReadonlySet<string>, shown: Members): WrittenJson | null {
  const bytes = new Uint8Array(row.length);
  let used = 0;
  eachMember(row, (name, { from, nameEnd, valueFrom, end }) => {
    if (columns.has(name) && shown.get(name)?.from === from) return;
    bytes[used] = used === 0 ? CHAR.openObject : CHAR.comma;
    bytes.set(row.subarray(from, nameEnd), used + 1);
    used += 1 + nameEnd - from;
    bytes[used] = CHAR.colon;
    bytes.set(row.subarray(valueFrom, end), used + 1);
    used += 1 + end - valueFrom;
  });
  if (used === 0) return null;
  bytes[used] = CHAR.closeObject;
  return new WrittenJson(textOf(bytes.subarray(0, used + 1)));
}

const valueOf = (object: Uint8Array, member: WrittenMember | undefined): Uint8Array | null =>
  member === undefined ? null : object.subarray(member.valueFrom, member.end);

/** Lists and objects as they are written; all else as in the line of any other row. */
function cellOf(value: Uint8Array | null): unknown {
  if (value === null) return null;
  const text = textOf(value);
  return isLarge(text.charCodeAt(0)) ? new WrittenJson(text) : withDigitsOf(parseJson(text) ?? null, text);
}

/** An object that is JSON. */
function eachMember(object: Uint8Array, each: (name: string, member: WrittenMember) => void): void {
  for (let from = behindSpace(object, 1); object[from] !== CHAR.closeObject;) {
    const nameEnd = endOfString(object, from + 1);
    const valueFrom = behindSpace(object, behindSpace(object, nameEnd) + 1);
    const end = endOfValue(object, valueFrom);
    const name = parseJson(textOf(object.subarray(from, nameEnd)));
    if (typeof name === 'string') each(name, { from, nameEnd, valueFrom, end });
    from = behindSpace(object, end);
    if (object[from] === CHAR.comma) from = behindSpace(object, from + 1);
  }
}
