/** Slices in one form for one meaning, and which slices cover which. Pure. */
import * as z from 'zod';
import type { Slice } from './grant.ts';

/** Slices as `canonicalSlices` writes them, read again. */
export const StoredSlices = z.array(
  z.object({ property: z.string(), value: z.array(z.union([z.string(), z.number(), z.boolean()])) }),
);
export type StoredSlices = z.output<typeof StoredSlices>;

/** One text for one meaning: every value a list, values and conditions sorted, each once. */
export function canonicalSlices(slices: readonly Slice[]): string {
  const conditions = slices.map(({ property, value }) =>
    JSON.stringify({ property, value: onceEach([value].flat().map((one) => JSON.stringify(one))).map(read) }),
  );
  return `[${onceEach(conditions).join(',')}]`;
}

/** Do both mean the same, however written? */
export const sameSlices = (left: readonly Slice[], right: readonly Slice[]): boolean =>
  canonicalSlices(left) === canonicalSlices(right);

const onceEach = (texts: readonly string[]): string[] => [...new Set(texts)].toSorted();
const read = (text: string): unknown => JSON.parse(text);

/**
 * Is every person deleted under `recorded` in the slices `asking`? Only where each condition of `asking` is implied by
 * one of `recorded`: the same property, and no other values. A narrower grant never builds on a wider one: of a person
 * deleted under `region: eu` it is not known whether `team: red` held. No condition at all covers the project; one
 * without values covers no one and implies nothing.
 */
export const coversDeleted = (asking: readonly Slice[], recorded: StoredSlices): boolean =>
  asking.every(({ property, value }) => {
    const allowed = new Set<unknown>([value].flat());
    return recorded.some(
      (held) =>
        held.property === property && held.value.length > 0 && held.value.every((one) => allowed.has(one)),
    );
  });
