/** A record as a form has it: read from its fields, compared with another, and made into a merge patch. Pure. */
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import type { Form } from '../page.ts';
import { FIELDS, fieldTitle, type Field } from './fields.ts';

/** The value at a path like `rate.burst`; undefined where there is none. */
export function valueAt(record: JsonObject, path: string): Json | undefined {
  let at: Json | undefined = record;
  for (const part of path.split('.')) at = isJsonObject(at) ? at[part] : undefined;
  return at;
}

/** A copy with another value at a path; without the member where it is undefined. */
function withValue(
  record: JsonObject,
  [name = '', ...rest]: readonly string[],
  value: Json | undefined,
): JsonObject {
  const { [name]: was, ...others } = record;
  if (rest.length > 0) {
    const inner = withValue(isJsonObject(was) ? was : {}, rest, value);
    return Object.keys(inner).length === 0 ? others : { ...others, [name]: inner };
  }
  return value === undefined ? others : { ...others, [name]: value };
}

/** The record that a form asks for. Members that it does not ask about stay as they are in `base`. */
export const recordOf = (form: Form, base: JsonObject): JsonObject =>
  FIELDS.reduce<JsonObject>(
    (record, field) => withValue(record, field.path.split('.'), fieldValue(field, form)),
    base,
  );

function fieldValue({ path, kind, optional }: Field, form: Form): Json | undefined {
  const text = form.text(path).trim();
  switch (kind) {
    case 'text':
      return text === '' && optional === true ? undefined : text;
    case 'number':
      return text === '' ? (optional === true ? undefined : null) : Number(text);
    case 'flag':
      return text !== '';
    case 'hidden':
      return text === '' ? undefined : 'hidden';
    case 'scopes':
      return [...form.all(path)];
    case 'lines': {
      const lines = linesOf(text);
      return lines.length === 0 && optional === true ? undefined : lines;
    }
    case 'value': {
      const lines = linesOf(text);
      return lines.length < 2 ? lines[0] : lines;
    }
  }
}

const linesOf = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** A member that two records do not have alike. */
export interface Difference {
  readonly path: string;
  readonly title: string;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

const TITLES = new Map(FIELDS.map((field) => [field.path, fieldTitle(field)]));
/** Members that the gateway writes. */
const READ_ONLY = new Set(['tenant', 'registration', 'created_at', 'updated_at']);

/** Every member that differs, by its path; members that no form asks about are among them. */
export function differences(before: JsonObject, after: JsonObject): Difference[] {
  const paths = [...new Set([...TITLES.keys(), ...leaves(before), ...leaves(after)])];
  return paths.flatMap((path) => {
    const [was, is] = [valueAt(before, path), valueAt(after, path)];
    return same(was, is) ? [] : [{ path, title: TITLES.get(path) ?? path, before: was, after: is }];
  });
}

const leaves = (record: JsonObject, at: readonly string[] = []): string[] =>
  Object.entries(record).flatMap(([name, value]) => {
    if (at.length === 0 && READ_ONLY.has(name)) return [];
    return isJsonObject(value) ? leaves(value, [...at, name]) : [[...at, name].join('.')];
  });

const same = (a: Json | undefined, b: Json | undefined): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The merge patch (RFC 7396) that makes `after` of `before`. */
export function patchOf(before: JsonObject, after: JsonObject): JsonObject {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => !READ_ONLY.has(name),
  );
  return Object.fromEntries(
    names.flatMap((name): [string, Json][] => {
      const [was, is] = [before[name], after[name]];
      if (same(was, is)) return [];
      if (is === undefined) return [[name, null]];
      return [[name, isJsonObject(was) && isJsonObject(is) ? patchOf(was, is) : is]];
    }),
  );
}

/** The members that `mine` changed of `base`, put on top of `theirs`. */
export const rebased = (base: JsonObject, mine: JsonObject, theirs: JsonObject): JsonObject =>
  differences(base, mine).reduce<JsonObject>(
    (record, { path, after }) => withValue(record, path.split('.'), after),
    theirs,
  );

/** A value as a table of changes shows it. */
export function shown(value: Json | undefined): string {
  if (value === undefined || value === null) return '—';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(String).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
