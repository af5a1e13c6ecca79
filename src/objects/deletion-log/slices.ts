/** The slices a deletion was made under, as the log keeps them, and who may build on it afterwards. Pure. */
import * as z from 'zod';
import { coversSlices, type Slice } from '../../policy/slice.ts';
import { JsonColumn } from './entry.ts';

const StoredSlices = z.array(
  z.object({ property: z.string(), value: z.array(z.union([z.string(), z.number(), z.boolean()])) }),
);
export type StoredSlices = z.output<typeof StoredSlices>;

/** A column of slices. */
export const SlicesColumn = JsonColumn.pipe(StoredSlices);

/** One text for one meaning: every value a list, values and conditions sorted, each once. */
export function canonicalSlices(slices: readonly Slice[]): string {
  const conditions = slices.map(({ property, values }) =>
    JSON.stringify({ property, value: onceEach(values.map((one) => JSON.stringify(one))).map(read) }),
  );
  return `[${onceEach(conditions).join(',')}]`;
}

const onceEach = (texts: readonly string[]): string[] => [...new Set(texts)].toSorted();
const read = (text: string): unknown => JSON.parse(text);

/**
 * Does whatever was deleted under `recorded` lie in the slice of a grant with `asking`? Only where each condition of
 * the asking grant is implied by one that held then: the same property, and no value the asking grant lacks. So a
 * grant builds on the deletions of grants as narrow as itself or narrower, and a narrower grant never on those of a
 * wider one: of a person deleted under `region: eu` nobody knows any more whether `team: red` held.
 *
 * The asking grant with no condition covers the project. A condition without values covers nobody and implies nothing.
 */
export const coversDeleted = (asking: readonly Slice[], recorded: StoredSlices): boolean =>
  coversSlices(
    asking,
    recorded.map(({ property, value }) => ({ property, values: value })),
  );
