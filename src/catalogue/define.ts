/** Turns an entry of the catalogue into an operation: how its arguments become a call. */
import type * as z from 'zod/mini';
import type { PersonRef } from '../core/ids.ts';
import { lazily } from '../core/lazily.ts';
import { ok, type Result } from '../core/result.ts';
import { parseArguments } from './arguments.ts';
import type { DeletingOperation, DeletionFlags, DeletionTarget } from './deletion.ts';
import { givenFields, type Fields } from './fields/values.ts';
import { formatParameters, takeFormat } from './format.ts';
import type { Call, Entry, IgnoredFlags, Operation, RawCall } from './operation.ts';

interface ForwardingEntry<S extends Fields> extends Entry {
  readonly input: () => S;
  readonly effect: 'read' | 'write';
}

/** An operation that is forwarded: its arguments as query on GET, as body otherwise. */
export function forwarding<S extends Fields>(entry: ForwardingEntry<S>): Operation {
  const input = lazily(entry.input);
  const operation: Operation = {
    ...entry,
    get input() {
      return input();
    },
    prepare: (raw) => {
      const read = readArguments(input(), operation, raw);
      return read.ok ? ok({ kind: 'forward', ...read.value.call }) : read;
    },
  };
  return operation;
}

interface DeletingEntry<S extends Fields> extends Entry {
  readonly id: DeletingOperation;
  readonly ignoredIn: IgnoredFlags;
  readonly input: () => S;
  readonly deletes: (
    input: z.output<S>,
    person: PersonRef | null,
  ) => Result<{ readonly target: DeletionTarget; readonly flags: DeletionFlags }>;
}

/** An operation that erases: never forwarded directly, but carried out by the deletion log. */
export function deleting<S extends Fields>(entry: DeletingEntry<S>): Operation {
  const input = lazily(entry.input);
  const operation: Operation = {
    ...entry,
    get input() {
      return input();
    },
    effect: 'delete',
    prepare: (raw) => {
      const read = readArguments(input(), operation, raw);
      if (!read.ok) return read;
      const deletion = entry.deletes(read.value.input, raw.person);
      if (!deletion.ok) return deletion;
      return ok({
        kind: 'delete',
        ...read.value.call,
        deletion: { operation: entry.id, projectId: raw.projectId, ...deletion.value },
      });
    },
  };
  return operation;
}

type CallWithoutKind = Omit<Extract<Call, { kind: 'forward' }>, 'kind'>;

/** The arguments, typed by the entry's schema, and the call they make. */
function readArguments<S extends Fields>(
  schema: S,
  operation: Operation,
  raw: RawCall,
): Result<{ readonly input: z.output<S>; readonly call: CallWithoutKind }> {
  const taken = takeFormat(operation, raw);
  if (!taken.ok) return taken;
  const input = parseArguments(schema, operation.place, taken.value.rest, {
    alsoAccepted: formatParameters(operation),
    dropped: operation.dropped ?? [],
    absent: 'as_posthog',
    example: operation.example,
  });
  if (!input.ok) return input;
  const given = Object.fromEntries(givenFields(input.value));
  const { method, projectId, person } = raw;
  const { format } = taken.value;
  return ok({
    input: input.value,
    call: { operation, method, projectId, person, format, arguments: given, asked: given },
  });
}
