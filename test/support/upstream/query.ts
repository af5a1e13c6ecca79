/** Asking the translation: what a client sent, through the catalogue, and the query that is made of it. */
import type { JsonObject } from '../../../src/core/json.ts';
import type { Failure } from '../../../src/core/failure.ts';
import type { Result } from '../../../src/core/result.ts';
import { documentOf, type QueryDocument } from '../../../src/upstream/query/document.ts';
import type { Source } from '../../../src/upstream/query/translate/nodes.ts';
import { ask } from '../catalogue/operations.ts';

export const SIGNED_UP = { id: 'signed up', type: 'events', order: 0 } as const;
export const PAID = { id: 'paid', type: 'events', order: 1 } as const;
export const VIEWED = { id: '$pageview', type: 'events', order: 2 } as const;
export const ACTION = { id: 12, type: 'actions', order: 1 } as const;

/** Arguments of each insight that are complete and no longer. */
export const LEAST = {
  persons_funnel: { events: [SIGNED_UP, PAID] },
  persons_funnel_correlation: {
    events: [SIGNED_UP, PAID],
    funnel_correlation_person_entity: { id: 'watched video', type: 'events' },
  },
  persons_lifecycle: { events: [SIGNED_UP], target_date: '2026-01-05', lifecycle_type: 'new' },
  persons_stickiness: { entity_id: 'signed up', entity_type: 'events', stickiness_days: 3 },
  persons_trends: { entity_id: 'signed up', entity_type: 'events' },
} as const satisfies Readonly<Record<string, JsonObject>>;

export type InsightId = keyof typeof LEAST;

export const INSIGHT_IDS = Object.keys(LEAST) as InsightId[];

export interface Sent {
  readonly args: JsonObject;
  readonly method?: 'GET' | 'POST';
  readonly conditions?: readonly JsonObject[];
}

/** The query of a request, whose arguments stand in the query of a GET and in the body of a POST. */
export function documentFor(
  id: InsightId,
  { args, method = 'GET', conditions = [] }: Sent,
): Result<QueryDocument> {
  const query = Object.fromEntries(
    Object.entries(args).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
  const call = ask(id, method === 'GET' ? { method, query } : { method, body: args });
  return call.ok ? documentOf({ ...call.value, conditions }) : call;
}

/** @throws if the request was refused. */
export function documentFrom(id: InsightId, sent: Sent): QueryDocument {
  const document = documentFor(id, sent);
  if (!document.ok) throw new Error(`refused: ${JSON.stringify(document.failure)}`);
  return document.value;
}

/** The source of the query of these arguments beside the least ones. @throws if the request was refused. */
export const sourceFor = (id: InsightId, args: JsonObject = {}): Source =>
  documentFrom(id, { args: { ...LEAST[id], ...args } }).source;

/** Why these arguments beside the least ones were refused. @throws if they were not. */
export function refusalOf(id: InsightId, args: JsonObject, method: 'GET' | 'POST' = 'GET'): Failure {
  const document = documentFor(id, { args: { ...LEAST[id], ...args }, method });
  if (document.ok) throw new Error(`${id} accepted ${JSON.stringify(args)}`);
  return document.failure;
}

/** The member at a path like `source.series`. */
export const at = (value: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (inner, name) => (inner as Readonly<Record<string, unknown>> | undefined)?.[name],
      value,
    );
