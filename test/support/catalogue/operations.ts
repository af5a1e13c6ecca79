/** Asking the catalogue in tests: one operation, what a client sent, and how it was answered. */
import { CATALOGUE } from '../../../src/catalogue/index.ts';
import type { Call, Method, Operation, PageRequest } from '../../../src/catalogue/operation.ts';
import { pageRequestOf } from '../../../src/catalogue/paging.ts';
import type { Failure } from '../../../src/core/failure.ts';
import { PersonRef, ProjectId } from '../../../src/core/ids.ts';
import { parseJson, type Json, type JsonObject } from '../../../src/core/json.ts';
import type { Result } from '../../../src/core/result.ts';
import { askedPairs } from '../../../src/http/mirror/links.ts';
import { requestOf, type ForwardCall, type PersonsRequest } from '../../../src/upstream/request.ts';

export const PROJECT = ProjectId.parse(7);
export const UUID = '0190c0de-0000-7000-8000-000000000001';
export const OTHER_UUID = '0190c0de-0000-7000-8000-000000000002';

export interface Asked {
  readonly method?: Method;
  readonly query?: { readonly [name: string]: string };
  readonly body?: Json;
  /** A body as text, for members that an object literal cannot have. */
  readonly bodyText?: string;
  readonly person?: string;
}

/** @throws if the catalogue has no such operation. */
export function operationOf(id: string): Operation {
  const operation = CATALOGUE.find((candidate) => candidate.id === id);
  if (operation === undefined) throw new Error(`the catalogue has no ${id}`);
  return operation;
}

export function ask(id: string, asked: Asked = {}): Result<Call> {
  const operation = operationOf(id);
  const [method] = operation.methods;
  return operation.prepare({
    method: asked.method ?? method,
    projectId: PROJECT,
    person: operation.path.includes(':id') ? PersonRef.parse(asked.person ?? '123') : null,
    query: new Map(Object.entries(asked.query ?? {})),
    body: asked.bodyText === undefined ? asked.body : parseJson(asked.bodyText),
  });
}

/** A call that is forwarded, with what PostHog is sent for it and what its links are rebuilt from. */
export interface Forwarded extends Omit<Extract<Call, { kind: 'forward' }>, 'asked'>, PersonsRequest {
  readonly asked: readonly (readonly [name: string, value: string])[];
  readonly window: PageRequest | null;
}
type Delete = Extract<Call, { kind: 'delete' }>;

/** The call, of an operation that is passed on. @throws if it was refused. */
export function forwarded(id: string, asked: Asked = {}): Forwarded {
  const call = ask(id, asked);
  if (!call.ok) throw new Error(`refused: ${JSON.stringify(call.failure)}`);
  return sentFor(call.value);
}

/** What PostHog is sent for a call without a slice. @throws if the call is not one that is forwarded. */
export function sentFor(call: Call): Forwarded {
  if (call.kind !== 'forward') throw new Error(`${call.operation.id} is not passed on`);
  const narrowed = { ...call, conditions: [] as readonly JsonObject[] } as ForwardCall;
  return { ...narrowed, ...requestOf(narrowed), asked: askedPairs(call), window: pageRequestOf(call) };
}

/** The call, of an operation that erases. @throws if it was refused. */
export function deletion(id: string, asked: Asked = {}): Delete['deletion'] {
  const call = ask(id, asked);
  if (!call.ok) throw new Error(`refused: ${JSON.stringify(call.failure)}`);
  if (call.value.kind !== 'delete') throw new Error(`${id} does not erase`);
  return call.value.deletion;
}

/** Why it was refused. @throws if it was not. */
export function refusal(id: string, asked: Asked = {}): Failure {
  const call = ask(id, asked);
  if (call.ok) throw new Error(`${id} accepted ${JSON.stringify(asked)}`);
  return call.failure;
}

/** The example of an operation, sent where its arguments are read from. */
export function exampleOf(operation: Operation, method: Method = operation.methods[0]): Asked {
  const { example } = operation;
  const inQuery = operation.place === 'query' || (operation.place === 'either' && method === 'GET');
  if (!inQuery) return { method, body: example };
  const query = Object.entries(example).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return { method, query: Object.fromEntries(query) as Record<string, string> };
}
