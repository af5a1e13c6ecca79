import { invalid } from '../wire/errors.ts';
import { isRecord } from '../wire/python.ts';
import { type Group, type Leaf, parseLeaf } from './leaf.ts';

/** The legacy parser of `properties` (PostHog contract §6.2): a flat list, a tree of groups, or the old object form. */

/** Nothing is asked. */
export const EVERYTHING: Group = { join: 'AND', parts: [] };

function looksLikeGroup(value: unknown): boolean {
  return isRecord(value) && Array.isArray(value['values']);
}

function parseGroup(value: Record<string, unknown>): Group {
  const values: unknown[] = Array.isArray(value['values']) ? value['values'] : [];
  const groups = values.filter(looksLikeGroup).length;
  if (groups > 0 && groups < values.length) throw invalid('Property list cannot mix groups and leaves');
  const parts = values.map((item) =>
    isRecord(item) && looksLikeGroup(item) ? parseGroup(item) : parseLeaf(item),
  );
  return { join: value['type'] === 'OR' ? 'OR' : 'AND', parts: parts.filter((part) => part !== undefined) };
}

/** `{"age__gt": 3}`, older than both other forms; it only ever makes event conditions. */
function parseOldObject(value: Record<string, unknown>): Group {
  const parts: Leaf[] = Object.entries(value).map(([name, wanted]) => {
    const cut = name.lastIndexOf('__');
    const [key, operator] = cut > 0 ? [name.slice(0, cut), name.slice(cut + 2)] : [name, 'exact'];
    return { type: 'event', key, value: wanted, operator, negation: false };
  });
  return { join: 'AND', parts };
}

/** Unpacks a JSON parameter, which is text in a query and already JSON in a body. */
export function unpack(value: unknown, name: string): unknown {
  if (typeof value !== 'string' || value === '') return value;
  try {
    const parsed: unknown = JSON.parse(value);
    return parsed;
  } catch {
    throw invalid(`${name} are unparsable!`);
  }
}

/** Reads a `properties` value in any of its forms. */
export function parseProperties(value: unknown): Group {
  const unpacked = unpack(value, 'Properties');
  if (Array.isArray(unpacked)) {
    const parts = unpacked.map((item: unknown) => parseLeaf(item)).filter((part) => part !== undefined);
    return { join: 'AND', parts };
  }
  if (!isRecord(unpacked)) return EVERYTHING;
  if ('type' in unpacked && 'values' in unpacked) return parseGroup(unpacked);
  return parseOldObject(unpacked);
}
