/** From what was sent to validated arguments, or to a 400 that says what was wrong, where, and what would be right. */
import * as z from 'zod/mini';
import { failure, type Failure } from '../core/failure.ts';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import { err, ok, type Result } from '../core/result.ts';
import { isLeftOut, presentMember, withoutAbsent } from './fields/absent.ts';
import { fromQuery, type Fields } from './fields/values.ts';
import { failureFromIssues, issueText, NAME_CHARS_SHOWN, type Examples } from './issues.ts';
import type { ParameterIn, RawCall } from './operation.ts';

type From = 'query' | 'body';

/** All named values in one object, each remembered with where it came from. */
interface Gathered {
  readonly values: JsonObject;
  readonly from: ReadonlyMap<string, From>;
}

/** What arguments are read from. */
export type Input = Pick<RawCall, 'query' | 'body'>;

/** What a refusal says beside what is wrong. */
export interface Help {
  /** Parameters that are accepted beside the fields of the schema. */
  readonly alsoAccepted?: readonly string[];
  /** Arguments that work, by name. */
  readonly example?: Examples;
}

/** How what was sent is read. */
export interface Reading extends Help {
  /** Names that are taken with any value and dropped. */
  readonly dropped?: readonly string[];
  /** What counts as left out: what is not there, or besides what counts so at PostHog (`fields/absent.ts`). */
  readonly absent?: 'missing' | 'as_posthog';
}

/** Validates what was sent against the schema. */
export function parseArguments<S extends Fields>(
  schema: S,
  place: ParameterIn,
  sent: Input,
  reading: Reading = {},
): Result<z.output<S>> {
  const { example = examplesOf(schema) } = reading;
  const gathered = gather(schema, place, sent, reading);
  if (!gathered.ok) return gathered;
  const { values, from } = gathered.value;
  const parsed = schema.safeParse(values, { error: issueText });
  if (parsed.success) return ok(parsed.data);
  const whereOf = (root: string | undefined): From =>
    (root === undefined ? undefined : from.get(root)) ?? (place === 'query' ? 'query' : 'body');
  return err(failureFromIssues(parsed.error.issues, { values, example }, whereOf));
}

/** The examples that the fields give themselves. */
const examplesOf = ({ shape }: Fields): Examples =>
  Object.fromEntries(
    Object.entries(shape).flatMap(([name, field]) => {
      const examples: unknown = z.globalRegistry.get(field)?.['examples'];
      return Array.isArray(examples) ? [[name, examples[0] as unknown]] : [];
    }),
  );

function gather(
  schema: Fields,
  place: ParameterIn,
  sent: Input,
  { alsoAccepted = [], dropped = [], absent = 'missing' }: Reading,
): Result<Gathered> {
  const lenient = absent === 'as_posthog';
  const fields = Object.keys(schema.shape);
  const values: Record<string, Json> = {};
  const from = new Map<string, From>();
  for (const [name, value] of sent.query) {
    if (place !== 'body' && dropped.includes(name)) continue;
    const field = Object.hasOwn(schema.shape, name) ? schema.shape[name] : undefined;
    if (place === 'body' || field === undefined)
      return err(unknownName('query', name, [...(place === 'body' ? [] : fields), ...alsoAccepted]));
    if (lenient && isLeftOut(field, value)) continue;
    const read = fromQuery(field, value);
    if (!read.ok) return err(failure('parameter_invalid', `${name} ${read.failure}.`, name));
    if (lenient && isLeftOut(field, read.value)) continue;
    values[name] = lenient ? withoutAbsent(field, read.value) : read.value;
    from.set(name, 'query');
  }
  if (sent.body === undefined) return ok({ values, from });
  if (!isJsonObject(sent.body)) return err(failure('body_invalid', 'The body must be a JSON object.'));
  for (const [name, value] of Object.entries(sent.body)) {
    if (place !== 'query' && dropped.includes(name)) continue;
    const field = Object.hasOwn(schema.shape, name) ? schema.shape[name] : undefined;
    if (place === 'query' || field === undefined) {
      return err(unknownName('body', name, place === 'query' ? [] : fields));
    }
    const given = lenient ? presentMember(field, value) : value;
    if (given === undefined) continue;
    if (from.has(name) && JSON.stringify(values[name]) !== JSON.stringify(given)) return err(saidTwice(name));
    values[name] = given;
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

function unknownName(where: From, name: string, accepted: readonly string[]): Failure {
  const shown = name.slice(0, NAME_CHARS_SHOWN);
  const list = accepted.length === 0 ? 'none' : accepted.join(', ');
  return where === 'query'
    ? failure('parameter_unknown', `The parameter ${shown} is not known here. Accepted: ${list}.`, shown)
    : failure('field_unknown', `The body field ${shown} is not known here. Accepted: ${list}.`, shown);
}
