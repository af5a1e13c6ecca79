/** What tokens did, counted by the hour. Pure. An hour and a day are numbers of whole ones since 1970, in UTC. */
import type { TenantId, TokenId } from '../ids.ts';
import type { RefusedRequest } from './refused-request.ts';

export const HOUR_MS = 3_600_000;
export const HOURS_OF_DAY = 24;
export const DAY_MS = HOURS_OF_DAY * HOUR_MS;

export const hourOf = (ms: number): number => Math.floor(ms / HOUR_MS);
export const dayOf = (hour: number): number => Math.floor(hour / HOURS_OF_DAY);

export interface UsageCounts {
  /** Requests that were not refused. */
  readonly admitted: number;
  /** Requests that were refused, by the code of the refusal. */
  readonly refused: Readonly<Record<string, number>>;
  /** Calls to PostHog. */
  readonly upstreamCalls: number;
  /** Requests that were answered with what PostHog had said before. */
  readonly remembered: number;
}

export const NO_USAGE: UsageCounts = { admitted: 0, refused: {}, upstreamCalls: 0, remembered: 0 };

/** What a token did within an hour. */
export interface TokenHour {
  readonly hour: number;
  readonly token: TokenId;
  readonly counts: UsageCounts;
}

/** What an isolate counted for a tenant since its report before. */
export interface UsageReport {
  /** Another one for every report. */
  readonly id: string;
  readonly hours: readonly TokenHour[];
  /** The last requests of them that were refused. An isolate of the version before leaves it out. */
  readonly refused?: readonly RefusedRequest[];
}

/** A request that has been answered. */
export interface CountedRequest {
  readonly tenant: TenantId;
  readonly token: TokenId;
  readonly startedMs: number;
  /** Null where the request was not refused. */
  readonly refused: RefusedRequest | null;
  readonly upstreamCalls: number;
  readonly remembered: boolean;
}

export const usageOf = ({ refused, upstreamCalls, remembered }: CountedRequest): UsageCounts => ({
  admitted: refused === null ? 1 : 0,
  refused: refused === null ? {} : { [refused.code]: 1 },
  upstreamCalls,
  remembered: remembered ? 1 : 0,
});

export function addUsage(one: UsageCounts, other: UsageCounts): UsageCounts {
  const refused = { ...one.refused };
  for (const [code, count] of Object.entries(other.refused)) refused[code] = (refused[code] ?? 0) + count;
  return {
    admitted: one.admitted + other.admitted,
    refused,
    upstreamCalls: one.upstreamCalls + other.upstreamCalls,
    remembered: one.remembered + other.remembered,
  };
}

export const refusedOf = ({ refused }: UsageCounts): number =>
  Object.values(refused).reduce((sum, count) => sum + count, 0);
