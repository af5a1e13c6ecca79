/** How usage stands in storage: hours with their counts as short lists, because every one of them is written often. */
import * as z from 'zod';
import { TokenId } from '../../../core/ids.ts';
import { addUsage, NO_USAGE, type UsageCounts } from '../../../core/usage.ts';
import { StoredJson } from '../schema.ts';

/** What a token did, by hour. */
export type Hours = ReadonlyMap<number, UsageCounts>;

/** A token with what it was called and derived from when it was counted: it may be forgotten before its usage is. */
export interface TokenUsage {
  readonly token: TokenId;
  readonly name: string | null;
  /** Oldest first. */
  readonly ancestors: readonly TokenId[];
  readonly hours: Hours;
}

const count = z.int().min(0);
const Counts = z
  .tuple([count, count, count, z.record(z.string(), count)])
  .transform(([admitted, upstreamCalls, remembered, refused]): UsageCounts => ({
    admitted,
    refused,
    upstreamCalls,
    remembered,
  }));
const StoredHours = z
  .record(z.string(), Counts)
  .transform((hours): Hours => new Map(Object.entries(hours).map(([hour, one]) => [Number(hour), one])));

const facts = { token: TokenId, name: z.string().nullable() };

/** A row of `usage`. */
export const UsageRow = z
  .object({ ...facts, ancestors: StoredJson.pipe(z.array(TokenId)), hours: StoredJson.pipe(StoredHours) })
  .transform((row): TokenUsage => row);

/** The one row of `usage_journal`. */
export const JournalRow = z.object({
  tokens: StoredJson.pipe(
    z.array(z.object({ ...facts, ancestors: z.array(TokenId), hours: StoredHours })),
  ).transform((tokens): readonly TokenUsage[] => tokens),
  written_hour: z.int().nullable(),
});

export const hoursText = (hours: Hours): string => JSON.stringify(storedHours(hours));

export const journalText = (tokens: Iterable<TokenUsage>): string =>
  JSON.stringify([...tokens].map((one) => ({ ...one, hours: storedHours(one.hours) })));

const storedHours = (hours: Hours): object =>
  Object.fromEntries(
    [...hours].map(([hour, { admitted, upstreamCalls, remembered, refused }]) => [
      hour,
      [admitted, upstreamCalls, remembered, refused],
    ]),
  );

export function addHours(one: Hours, other: Hours): Hours {
  const sum = new Map(one);
  for (const [hour, counts] of other) sum.set(hour, addUsage(sum.get(hour) ?? NO_USAGE, counts));
  return sum;
}
