/** How usage stands in storage: hours with their counts as short lists, because every one of them is written often. */
import * as z from 'zod/mini';
import { RefusedRequest } from '../../../contract/usage/refused.ts';
import { TokenId } from '../../../core/ids.ts';
import { lazily } from '../../../core/lazily.ts';
import { addUsage, NO_USAGE, type UsageCounts } from '../../../core/usage/usage.ts';
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

const StoredHours = lazily(() => {
  const count = z.int().check(z.minimum(0));
  const counts = z.pipe(
    z.tuple([count, count, count, z.record(z.string(), count)]),
    z.transform(([admitted, upstreamCalls, remembered, refused]): UsageCounts => ({
      admitted,
      refused,
      upstreamCalls,
      remembered,
    })),
  );
  return z.pipe(
    z.record(z.string(), counts),
    z.transform((hours): Hours => new Map(Object.entries(hours).map(([hour, one]) => [Number(hour), one]))),
  );
});

const facts = () => ({ token: TokenId, name: z.nullable(z.string()) });

/** A row of `usage`. */
export const UsageRow = lazily(() =>
  z.object({
    ...facts(),
    ancestors: z.pipe(StoredJson, z.array(TokenId)),
    hours: z.pipe(StoredJson, StoredHours()),
  }),
);

/** The one row of `usage_journal`. */
export const JournalRow = lazily(() =>
  z.object({
    tokens: z.pipe(
      StoredJson,
      z.array(z.object({ ...facts(), ancestors: z.array(TokenId), hours: StoredHours() })),
    ),
    written_hour: z.nullable(z.int()),
    refused: z.nullable(z.pipe(StoredJson, z.array(RefusedRequest()))),
  }),
);

export const hoursText = (hours: Hours): string => JSON.stringify(storedHours(hours));

export const journalText = (tokens: Iterable<TokenUsage>): string =>
  JSON.stringify(
    [...tokens].map(({ token, name, ancestors, hours }) => ({
      token,
      name,
      ancestors,
      hours: storedHours(hours),
    })),
  );

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
