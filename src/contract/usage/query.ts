/** What usage can be asked for, and the columns of its table. */
import * as z from 'zod/mini';
import { oneOf } from '../../catalogue/fields/values.ts';
import { TokenId } from '../../core/ids.ts';
import { lazily } from '../../core/lazily.ts';
import { LIMITS } from '../../core/limits.ts';
import { tableQuery } from '../listing.ts';
import type { Usage } from './usage.ts';

export const USAGE_PERIODS = ['hour', 'day'] as const;
export type UsagePeriod = (typeof USAGE_PERIODS)[number];

const moment = () =>
  z.union([z.iso.datetime({ offset: true }), z.iso.date()], {
    error: 'must be a day like 2026-01-15 or a time like 2026-01-15T12:00:00Z',
  });

/** When a row begins, in hours since 1970, and its token. Opaque to clients. */
const UsageCursor = lazily(() => z.string().check(z.regex(/^[0-9]{1,7}\.tok_[A-Za-z0-9_-]{22}$/)));

export const UsageQuery = lazily(() =>
  z.extend(tableQuery(UsageCursor()), {
    from: z.optional(moment()).register(z.globalRegistry, {
      description: `From the hour on that this time is in. 24 hours before \`to\` where it is left out. Usage is kept for ${LIMITS.usageDaysMax} days.`,
    }),
    to: z.optional(moment()).register(z.globalRegistry, {
      description: 'Hours that begin before this time. Now, where it is left out.',
    }),
    by: z.optional(oneOf(USAGE_PERIODS)).register(z.globalRegistry, {
      description: 'A row for each token and hour, or for each token and day. Days are of UTC.',
      default: 'hour',
    }),
    token: z.optional(TokenId).register(z.globalRegistry, { description: 'Of this token only.' }),
  }),
);
export type UsageQuery = z.output<ReturnType<typeof UsageQuery>>;

/** As `Usage` has them. `refused_by_code` is JSON in its cell. */
export const USAGE_COLUMNS = [
  'starts_at',
  'token',
  'name',
  'admitted',
  'refused',
  'upstream_calls',
  'remembered_answers',
  'persons_deleted',
  'refused_by_code',
] as const satisfies readonly (keyof Usage)[];
