/** From what zod finds wrong to a failure in the gateway's words. Texts never repeat the value that was sent. */
import * as core from 'zod/v4/core'; // z.core as a value would bundle all of zod, its 50 languages included.
import { failure, type Failure } from '../core/failure.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { describeChoices, describeSchema } from './fields/describe.ts';

/** Names are the client's own, and may be as long as a body. */
export const NAME_CHARS_SHOWN = 100;

/** zod's error map: a predicate that follows the name of the field. A schema's own text comes before it. */
export function issueText(issue: core.$ZodRawIssue): string {
  const schema = issue.schema ?? issue.inst;
  switch (issue.code) {
    case 'unrecognized_keys':
      return `has a member that is not known here. Accepted: ${membersOf(schema)}`;
    case 'invalid_key':
      return `has a name that ${issue.issues[0]?.message ?? 'is not accepted'}`;
    case 'invalid_value':
      return `must be ${describeChoices(issue.values)}`;
    case 'custom':
      return 'is not accepted';
    case 'invalid_type':
    case 'invalid_union':
    case 'invalid_format':
    case 'invalid_element':
    case 'not_multiple_of':
    case 'too_small':
    case 'too_big':
      return schema instanceof core.$ZodType ? `must be ${describeSchema(schema)}` : 'is not accepted';
  }
}

const membersOf = (schema: unknown): string =>
  schema instanceof core.$ZodObject ? Object.keys(schema._zod.def.shape).join(', ') : 'none';

/** Arguments that work, by name. */
export type Examples = Readonly<Record<string, unknown>>;

interface Arguments {
  readonly values: JsonObject;
  readonly example: Examples;
}

/** The first issue, as a sentence about the member it is in. */
export function failureFromIssues(
  issues: readonly core.$ZodIssue[],
  { values, example }: Arguments,
  whereOf: (root: string | undefined) => 'query' | 'body',
): Failure {
  const issue = deepest(issues);
  const path = issue.path.map((part) => String(part).slice(0, NAME_CHARS_SHOWN));
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0]?.slice(0, NAME_CHARS_SHOWN) : undefined;
  const attr = attrOf(unknown === undefined ? path : [...path, unknown]);
  const subject = attrOf(issue.code === 'invalid_key' ? path.slice(0, -1) : path);
  const isParameter = whereOf(path[0]) === 'query';
  const code = isParameter ? 'parameter_invalid' : 'field_invalid';
  const missing = unknown === undefined && path.length > 0 && valueAt(values, path) === undefined;
  const asked = missing ? issue.message.replace(MUST_BE, 'is needed: ') : issue.message;
  const text = isParameter && path.length === 1 ? asked.replace(STRUCTURE, '$1a JSON $2') : asked;
  const like = text !== issue.message || issue.code === 'invalid_format' ? likeText(text, example[attr]) : '';
  return failure(
    code,
    `${subject === '' ? 'The input' : subject} ${text}${like}.`,
    attr === '' ? null : attr,
  );
}

const MUST_BE = /^must be /;

/** What a query can hold as JSON only. */
const STRUCTURE = /^(must be |is needed: )an? (list|object)\b/;

/** An example, where the text does not give one itself. */
const likeText = (text: string, example: unknown): string =>
  example === undefined || text.includes(' like ')
    ? ''
    : `, like ${typeof example === 'string' ? example : JSON.stringify(example)}`;

function valueAt(values: JsonObject, path: readonly string[]): unknown {
  let value: unknown = values;
  for (const part of path) {
    if (Array.isArray(value)) value = value[Number(part)] as unknown;
    else if (isJsonObject(value)) value = Object.hasOwn(value, part) ? value[part] : undefined;
    else return null;
  }
  return value;
}

/** A union reports one issue that holds those of its members: the member that got furthest says what is wrong. */
function deepest(issues: readonly core.$ZodIssue[]): core.$ZodIssue {
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
