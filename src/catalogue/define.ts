/** Turns an entry of the catalogue into an operation: how its arguments become a call. */
import type * as z from 'zod';
import { failure } from '../core/failure.ts';
import type { PersonRef } from '../core/ids.ts';
import type { Json } from '../core/json.ts';
import { err, ok, type Result } from '../core/result.ts';
import { parseArguments, type Input } from './arguments.ts';
import type { DeletingOperation, DeletionFlags, DeletionTarget } from './deletion.ts';
import { givenFields, toOwnQuery, toQuery, type Fields } from './fields/values.ts';
import type { Entry, Operation, Paging, PageRequest } from './operation.ts';

type Arguments = readonly (readonly [name: string, value: Json])[];

interface ForwardingEntry<S extends Fields> extends Entry {
  readonly input: S;
  readonly effect: 'read' | 'write';
  /** What PostHog is sent, where that is not simply the arguments. */
  readonly sends?: (input: z.output<S>) => { readonly [name: string]: Json };
}

/** An operation that is passed on: its arguments as query on GET, as body otherwise. */
export function forwarding<S extends Fields>(entry: ForwardingEntry<S>): Operation {
  const { paging } = entry.reply;
  const operation: Operation = {
    ...entry,
    prepare: (sent) => {
      const taken = takeFormat(entry, sent);
      if (!taken.ok) return taken;
      const input = parseArguments(entry.input, entry.place, taken.value.rest);
      if (!input.ok) return input;
      const given = givenFields(input.value);
      const window = paging === null ? null : windowOf(paging, given);
      const sends = entry.sends === undefined ? given : Object.entries(entry.sends(input.value));
      const message = window === null || paging === null ? sends : withWindow(sends, paging, window);
      const inQuery = sent.method === 'GET';
      return ok({
        kind: 'forward',
        operation,
        projectId: sent.projectId,
        format: taken.value.format,
        person: sent.person,
        input: Object.fromEntries(given),
        method: sent.method,
        segments: segmentsOf(entry.path, sent.person),
        query: inQuery ? asPairs(message) : [],
        body: inQuery || message.length === 0 ? null : Object.fromEntries(message),
        asked: askedPairs(entry.input, given),
        window,
      });
    },
  };
  return operation;
}

interface DeletingEntry<S extends Fields> extends Entry {
  readonly id: DeletingOperation;
  readonly input: S;
  readonly deletes: (
    input: z.output<S>,
    person: PersonRef | null,
  ) => Result<{ readonly target: DeletionTarget; readonly flags: DeletionFlags }>;
}

/** An operation that erases: never passed on directly, but carried out by the deletion log. */
export function deleting<S extends Fields>(entry: DeletingEntry<S>): Operation {
  const operation: Operation = {
    ...entry,
    effect: 'delete',
    prepare: (sent) => {
      const taken = takeFormat(entry, sent);
      if (!taken.ok) return taken;
      const input = parseArguments(entry.input, entry.place, taken.value.rest);
      if (!input.ok) return input;
      const deletion = entry.deletes(input.value, sent.person);
      if (!deletion.ok) return deletion;
      return ok({
        kind: 'delete',
        operation,
        projectId: sent.projectId,
        format: taken.value.format,
        person: sent.person,
        input: Object.fromEntries(givenFields(input.value)),
        deletion: { operation: entry.id, projectId: sent.projectId, ...deletion.value },
      });
    },
  };
  return operation;
}

/** The one parameter every operation takes, in the query whatever the method (PostHog contract §2). */
export const FORMAT = 'format';
export type Format = 'json' | 'csv';

/** Takes the format out of what was sent. CSV only where there are rows; PostHog is always asked for JSON. */
export function takeFormat(
  { reply }: Pick<Entry, 'reply'>,
  sent: Input,
): Result<{ readonly format: Format; readonly rest: Input }> {
  const format = sent.query.get(FORMAT) ?? 'json';
  if (format !== 'json' && (format !== 'csv' || reply.rows === null)) {
    const accepted = reply.rows === null ? 'json' : 'json, csv';
    return err(failure('parameter_invalid', `format: accepted here: ${accepted}.`, FORMAT));
  }
  const query = new Map(sent.query);
  query.delete(FORMAT);
  return ok({ format, rest: { query, body: sent.body } });
}

function windowOf(paging: Paging, given: Arguments): PageRequest {
  const numberOf = (name: string, otherwise: number): number => {
    const value = given.find(([field]) => field === name)?.[1];
    return typeof value === 'number' ? value : otherwise;
  };
  return {
    limit: numberOf(paging.limit, paging.limitDefault),
    position: numberOf(paging.position, firstPosition(paging)),
  };
}

/** Where a listing starts. */
export const firstPosition = (paging: Paging): number => (paging.unit === 'page' ? 1 : 0);

/** PostHog is always told the limit, so that its default and ours cannot differ. */
function withWindow(sends: Arguments, paging: Paging, window: PageRequest): Arguments {
  const others = sends.filter(([name]) => name !== paging.limit && name !== paging.position);
  const moved =
    window.position === firstPosition(paging) ? [] : ([[paging.position, window.position]] as const);
  return [...others, [paging.limit, window.limit], ...moved];
}

/** Arguments as the pairs of a query. */
export const asPairs = (fields: Arguments): (readonly [string, string])[] =>
  fields.map(([name, value]) => [name, toQuery(value)]);

/** What links are rebuilt from has to read back as what was asked. */
const askedPairs = ({ shape }: Fields, given: Arguments): (readonly [string, string])[] =>
  given.flatMap(([name, value]) => {
    const field = shape[name];
    return field === undefined ? [] : [[name, toOwnQuery(field, value)] as const];
  });

const segmentsOf = (path: string, person: PersonRef | null): string[] =>
  path
    .split('/')
    .flatMap((segment) => (segment === '' ? [] : segment === ':id' ? [person ?? unnamed()] : [segment]));

const unnamed = (): never => {
  throw new Error('a route with :id names a person');
};
