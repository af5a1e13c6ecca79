/** Rows as lines of a table where the row is not read as a value: its members are taken apart, and stay as written. */
import { csvLine, WrittenJson } from '../../core/csv.ts';
import { withDigitsOf } from '../../core/exact-json.ts';
import { parseJson } from '../../core/json.ts';
import type { Table } from './plan.ts';
import { CHAR, expect, isLarge, peek, readValue, take, type Reading } from './tokens.ts';
import { ByteWindow, PageFlaw, textOf } from './window.ts';

interface WrittenMember {
  readonly name: string;
  /** The name and the value as they are written. */
  readonly literal: string;
  readonly text: string;
}

/**
 * The line of an object that is nested too deeply to be read, or that names a member twice. Of two members with one
 * name the last has the column, as JSON readers have it, and the first stands among the others. @throws {PageFlaw}
 */
export function writtenRowLine({ members, properties }: Table, row: Uint8Array): string {
  const all = membersOf(row);
  const shown = members.map((name) => lastOf(all, name));
  const others = all.filter((member) => !shown.includes(member));
  const other = others.map(({ literal, text }) => `${literal}:${text}`).join();
  const named = lastOf(all, 'properties')?.text ?? '';
  const inside = named.startsWith('{') ? membersOf(new TextEncoder().encode(named)) : [];
  return csvLine([
    ...shown.map((member) => cellOf(member)),
    others.length === 0 ? null : new WrittenJson(`{${other}}`),
    ...properties.map((name) => cellOf(lastOf(inside, name))),
  ]);
}

const lastOf = (members: readonly WrittenMember[], name: string): WrittenMember | undefined =>
  members.findLast((member) => member.name === name);

/** Lists and objects as they are written; all else as in the line of any other row. */
function cellOf(member: WrittenMember | undefined): unknown {
  if (member === undefined) return null;
  const { text } = member;
  if (isLarge(text.charCodeAt(0))) return new WrittenJson(text);
  const value = parseJson(text);
  if (value === undefined) throw new PageFlaw('has a row that is not JSON');
  return withDigitsOf(value, text);
}

function membersOf(object: Uint8Array): readonly WrittenMember[] {
  const window = new ByteWindow();
  window.append(object);
  window.ended = true;
  const members: WrittenMember[] = [];
  readInto(members, window).next();
  return members;
}

function* readInto(members: WrittenMember[], window: ByteWindow): Reading<void> {
  yield* expect(window, CHAR.openObject);
  if ((yield* peek(window)) === CHAR.closeObject) return;
  for (let next: number = CHAR.comma; next !== CHAR.closeObject; next = yield* take(window)) {
    if (next !== CHAR.comma) throw new PageFlaw('has a row that is not JSON');
    const literal = yield* writtenText(window);
    const name = parseJson(literal);
    if (typeof name !== 'string') throw new PageFlaw('has a row that is not JSON');
    yield* expect(window, CHAR.colon);
    members.push({ name, literal, text: yield* writtenText(window) });
  }
}

function* writtenText(window: ByteWindow): Reading<string> {
  const { bytes } = yield* readValue(window, Number.POSITIVE_INFINITY);
  return bytes === null ? '' : textOf(bytes);
}
