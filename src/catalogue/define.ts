/** Turns an entry of the catalogue into an operation: how its arguments become a call. */
import type * as z from 'zod';
import { failure } from '../core/failure.ts';
import type { PersonRef } from '../core/ids.ts';
import type { Json } from '../core/json.ts';
import { no, ok, type Result } from '../core/result.ts';
import { FORMAT, parseArguments } from './arguments.ts';
import type { DeletingOperation, DeletionFlags, DeletionTarget } from './deletion.ts';
import { givenFields, toQuery, type Fields } from './fields.ts';
import type { Entry, Operation, Paging, Sent, Window } from './operation.ts';

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
      const format = formatOf(entry, sent);
      if (!format.ok) return format;
      const input = parseArguments(entry.input, entry.place, sent);
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
        format: format.value,
        method: sent.method,
        segments: segmentsOf(entry.path, sent.person),
        query: inQuery ? asPairs(message) : [],
        body: inQuery || message.length === 0 ? null : Object.fromEntries(message),
        asked: asPairs(given),
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
      const format = formatOf(entry, sent);
      if (!format.ok) return format;
      const input = parseArguments(entry.input, entry.place, sent);
      if (!input.ok) return input;
      const deletion = entry.deletes(input.value, sent.person);
      if (!deletion.ok) return deletion;
      return ok({
        kind: 'delete',
        operation,
        projectId: sent.projectId,
        format: format.value,
        deletion: { operation: entry.id, projectId: sent.projectId, ...deletion.value },
      });
    },
  };
  return operation;
}

function formatOf(entry: Entry, sent: Sent): Result<'json' | 'csv'> {
  const format = sent.query.get(FORMAT) ?? 'json';
  if (format === 'json' || (format === 'csv' && entry.reply.rows !== null)) return ok(format);
  const accepted = entry.reply.rows === null ? 'json' : 'json, csv';
  return no(failure('parameter_invalid', `format: this operation answers ${accepted}.`, FORMAT));
}

function windowOf(paging: Paging, given: Arguments): Window {
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
function withWindow(sends: Arguments, paging: Paging, window: Window): Arguments {
  const others = sends.filter(([name]) => name !== paging.limit && name !== paging.position);
  const moved =
    window.position === firstPosition(paging) ? [] : ([[paging.position, window.position]] as const);
  return [...others, [paging.limit, window.limit], ...moved];
}

const asPairs = (fields: Arguments): (readonly [string, string])[] =>
  fields.map(([name, value]) => [name, toQuery(value)]);

const segmentsOf = (path: string, person: PersonRef | null): string[] =>
  path
    .split('/')
    .flatMap((segment) => (segment === '' ? [] : segment === ':id' ? [person ?? unnamed()] : [segment]));

const unnamed = (): never => {
  throw new Error('a route with :id names a person');
};
