/** The slices a deletion was made under, as the log keeps them, and which slices cover them. Pure. */
import * as z from 'zod/mini';
import { lazily } from '../../../core/lazily.ts';
import { coversSlices, type Slice } from '../../../policy/slice.ts';
import { JsonColumn } from '../entry.ts';

const StoredSlices = lazily(() =>
  z.array(z.object({ property: z.string(), value: z.array(z.union([z.string(), z.number(), z.boolean()])) })),
);
export type StoredSlices = z.output<ReturnType<typeof StoredSlices>>;

/** A column of slices. */
export const SlicesColumn = z.pipe(JsonColumn, StoredSlices());

/** A recorded value that is no text is one that no person is compared with. */
export const parseStoredSlices = (stored: StoredSlices): readonly Slice[] =>
  stored.map(({ property, value }) => ({
    property,
    values: value.filter((one) => typeof one === 'string'),
  }));

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
 * Is every person deleted under `recorded` in the slices `asking`? A narrower grant never builds on a wider one: of a
 * person deleted under `region: eu` it is not known whether `team: red` held. No condition at all covers the project;
 * a recorded one without values covers no one and implies nothing.
 */
export const coversDeleted = (asking: readonly Slice[], recorded: StoredSlices): boolean =>
  coversSlices(
    asking,
    recorded.map(({ property, value }) => ({ property, values: value })),
  );
