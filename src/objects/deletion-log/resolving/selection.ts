/** A deletion whose persons the log finds itself: by a filter, or by ids that are to be previewed. Pure. */
import * as z from 'zod/mini';
import { toQuery } from '../../../catalogue/fields/values.ts';
import { failure, type Failure } from '../../../core/failure.ts';
import { TokenId } from '../../../core/ids.ts';
import type { Json, JsonObject } from '../../../core/json.ts';
import { lazily } from '../../../core/lazily.ts';
import { sliceFilters, type Slice } from '../../../policy/slice.ts';
import type { DeletionOrder, PersonSelector } from '../entry.ts';
import type { KeyedConfirmation } from '../intents/keyed.ts';

/** Milliseconds for which a preview can be confirmed: a day. */
export const PREVIEW_MS = 86_400_000;

const ShownTo = lazily(() =>
  z.object({
    slices: z.array(z.object({ property: z.string(), values: z.array(z.string()) })),
    hidden: z.array(z.string()),
    visible: z.nullable(z.array(z.string())),
    distinct_ids_hidden: z.boolean(),
  }),
);

/** What an order decided that is needed again once the persons are known. Stored as JSON. */
export const SelectionTerms = z.object({
  budgets: z.array(z.object({ holder: z.union([z.literal('tenant'), TokenId]), persons_per_day: z.int() })),
  holds: z.object({
    holdSeconds: z.int(),
    approvalOver: z.nullable(z.int()),
    previewOver: z.optional(z.nullable(z.int())),
  }),
  /** What the sample of a preview may show; null where the deletion is no preview. */
  preview: z.nullable(ShownTo()),
  slices: ShownTo().shape.slices,
});
export type SelectionTerms = z.output<typeof SelectionTerms>;

/** A confirmation, and what the grant that gives it may spend and is held to. */
export interface Confirmation extends Pick<DeletionOrder, 'budgets' | 'holds'> {
  readonly digest: string;
  readonly by: TokenId;
  /** What the grant has against it. A confirmation that was carried out before is told by its key all the same. */
  readonly refusal?: Failure | undefined;
  /** The key that the confirmation came with, and whose it is; left out where it came with none. */
  readonly keyed?: Pick<KeyedConfirmation, 'key' | 'registration' | 'ancestors'> | undefined;
}

/** The terms of a preview under a grant that may have been narrowed since: whichever of the two is stricter. */
export function stricter(terms: SelectionTerms, { budgets, holds }: Confirmation): SelectionTerms {
  const own = new Map(budgets.map(({ holder, persons_per_day }) => [holder, persons_per_day]));
  return {
    ...terms,
    budgets: terms.budgets.map(({ holder, persons_per_day: allowed }) => ({
      holder,
      persons_per_day: Math.min(allowed, own.get(holder) ?? allowed),
    })),
    holds: {
      ...terms.holds,
      holdSeconds: Math.max(terms.holds.holdSeconds, holds.holdSeconds),
      approvalOver: lower(terms.holds.approvalOver, holds.approvalOver),
    },
  };
}

const lower = (left: number | null, right: number | null): number | null =>
  left === null || right === null ? (left ?? right) : Math.min(left, right);

/** True where the persons have to be found before anything is to be sent. */
export const isSelection = ({ filter, preview }: Pick<DeletionOrder, 'filter' | 'preview'>): boolean =>
  filter !== undefined || preview !== undefined;

/** The refusal of a filter that names every person without saying so. */
export const checkFilter = (filter: PersonSelector | undefined): Failure | null =>
  filter === undefined || filter.all || Object.values(filter.arguments).some((value) => restricts(value))
    ? null
    : failure(
        'field_invalid',
        'This filter restricts nothing, so it names every person. Say "all": true where that is meant.',
        'filter',
      );

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
const restricts = (value: Json): boolean => value !== '' && !(isList(value) && value.length === 0);

/**
 * The query of PostHog's list for a filter, held to the slice like a list of the mirror; without a page. Null where no
 * person can be in the slice.
 */
export function queryOf(
  { arguments: own }: PersonSelector,
  slices: readonly Slice[],
): readonly (readonly [string, string])[] | null {
  const filters = sliceFilters(slices);
  if (filters.covers === 'none') return null;
  const { properties = [], ...others } = own;
  const conditions = filters.covers === 'all' ? [] : filters.leaves;
  const all = [...conditions, ...(isList(properties) ? properties : [])];
  const named: JsonObject = all.length === 0 ? others : { ...others, properties: all };
  return Object.entries(named).map(([name, value]) => [name, toQuery(value)] as const);
}
