/** From what was sent to validated arguments, or to a 400 that says what was wrong, where, and what would be right. */
import type * as z from 'zod';
import { failure, type Failure } from '../core/failure.ts';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import { err, ok, type Result } from '../core/result.ts';
import { fromQuery, type Fields } from './fields/values.ts';
import type { ParameterIn, RawCall } from './operation.ts';

type From = 'query' | 'body';

/** Names are the client's own, and may be as long as a body. */
const NAME_CHARS_SHOWN = 100;

/** All named values in one object, each remembered with where it came from. */
interface Gathered {
  readonly values: JsonObject;
  readonly from: ReadonlyMap<string, From>;
}

/** What arguments are read from. */
export type Input = Pick<RawCall, 'query' | 'body'>;

/** Validates what was sent against the schema. */
export function parseArguments<S extends Fields>(
  schema: S,
  place: ParameterIn,
  sent: Input,
): Result<z.output<S>> {
  const gathered = gather(schema, place, sent);
  if (!gathered.ok) return gathered;
  const parsed = schema.safeParse(gathered.value.values);
  if (parsed.success) return ok(parsed.data);
  return err(explain(parsed.error.issues, gathered.value.from, place, Object.keys(schema.shape)));
}

function gather(schema: Fields, place: ParameterIn, sent: Input): Result<Gathered> {
  const values: Record<string, Json> = {};
  const from = new Map<string, From>();
  for (const [name, value] of sent.query) {
    const field = Object.hasOwn(schema.shape, name) ? schema.shape[name] : undefined;
    if (place === 'body' || field === undefined)
      return err(unknownName('query', name, place, Object.keys(schema.shape)));
    const read = fromQuery(field, value);
    if (!read.ok) return err(failure('parameter_invalid', `${name} ${read.failure}.`, name));
    values[name] = read.value;
    from.set(name, 'query');
  }
  if (sent.body === undefined) return ok({ values, from });
  if (!isJsonObject(sent.body)) return err(failure('body_invalid', 'The body must be a JSON object.'));
  for (const [name, value] of Object.entries(sent.body)) {
    if (place === 'query' || !Object.hasOwn(schema.shape, name)) {
      return err(unknownName('body', name, place, Object.keys(schema.shape)));
    }
    if (from.has(name) && JSON.stringify(values[name]) !== JSON.stringify(value)) return err(saidTwice(name));
    values[name] = value;
    from.set(name, 'body');
  }
  return ok({ values, from });
}

const saidTwice = (name: string): Failure =>
  failure(
    'input_conflict',
    `${name} is in the query and in the body with two values. Send it in one place.`,
    name,
  );

function unknownName(where: From, name: string, place: ParameterIn, known: readonly string[]): Failure {
  const shown = name.slice(0, NAME_CHARS_SHOWN);
  const accepted = place === 'either' || place === where ? known : [];
  const list = accepted.length === 0 ? 'none' : accepted.join(', ');
  return where === 'query'
    ? failure('parameter_unknown', `The parameter ${shown} is not known here. Accepted: ${list}.`, shown)
    : failure('field_unknown', `The body field ${shown} is not known here. Accepted: ${list}.`, shown);
}

/** The first issue, as a failure. Texts name fields and types; they never repeat the value that was sent. */
export function explain(
  issues: readonly z.core.$ZodIssue[],
  from: ReadonlyMap<string, From>,
  place: ParameterIn,
  known: readonly string[],
): Failure {
  const issue = deepest(issues);
  const path = issue.path.map((part) => String(part).slice(0, NAME_CHARS_SHOWN));
  const root = path[0];
  const where = (root === undefined ? undefined : from.get(root)) ?? (place === 'query' ? 'query' : 'body');
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  if (unknown !== undefined && path.length === 0) return unknownName(where, unknown, place, known);
  const attr = attrOf(unknown === undefined ? path : [...path, unknown.slice(0, NAME_CHARS_SHOWN)]);
  const code = where === 'query' ? 'parameter_invalid' : 'field_invalid';
  const text = unknown === undefined ? issue.message : 'This member is not known here';
  return failure(code, `${attr === '' ? 'The input' : attr}: ${text}.`, attr === '' ? null : attr);
}

/** A union reports one issue holding those of its members: the member that got furthest says what is wrong. */
function deepest(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue {
  const [issue] = issues;
  if (issue === undefined) throw new Error('a failed parse has an issue');
  if (issue.code !== 'invalid_union') return issue;
  const inner = issue.errors
    .filter((errors) => errors.length > 0)
    .map((errors) => deepest(errors))
    .toSorted((a, b) => b.path.length - a.path.length)[0];
  return inner === undefined || inner.path.length === 0
    ? issue
    : { ...inner, path: [...issue.path, ...inner.path] };
}

const attrOf = (path: readonly string[]): string =>
  path.map((part, i) => (/^[0-9]+$/.test(part) ? `[${part}]` : i === 0 ? part : `.${part}`)).join('');
