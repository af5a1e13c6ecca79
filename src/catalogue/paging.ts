/** Where a call stands in a listing. */
import type { JsonObject } from '../core/json.ts';
import type { Call, PageRequest, Paging } from './operation.ts';

/** Where a listing starts. */
export const firstPosition = (paging: Paging): number => (paging.unit === 'page' ? 1 : 0);

/** The page a call asks for; `null` where its operation has no pages. */
export function pageRequestOf(call: Pick<Call, 'operation' | 'asked'>): PageRequest | null {
  const { paging } = call.operation.reply;
  if (paging === null) return null;
  return {
    limit: numberOf(call.asked, paging.limit, paging.limitDefault),
    position: numberOf(call.asked, paging.position, firstPosition(paging)),
  };
}

function numberOf(values: JsonObject, name: string, otherwise: number): number {
  const value = values[name];
  return typeof value === 'number' ? value : otherwise;
}
