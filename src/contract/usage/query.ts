/** What usage can be asked for, and the columns of its table. */
import * as z from 'zod';
import { oneOf } from '../../catalogue/fields/values.ts';
import { TokenId } from '../../core/ids.ts';
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
export const UsageCursor = z.string().regex(/^[0-9]{1,7}\.tok_[A-Za-z0-9_-]{22}$/);

export const UsageQuery = tableQuery(UsageCursor).extend({
  from: moment()
    .optional()
    .meta({
      description: `From the hour on that this time is in. 24 hours before \`to\` where it is left out. Usage is kept for ${LIMITS.usageDaysMax} days.`,
    }),
  to: moment().optional().meta({
    description: 'Hours that begin before this time. Now, where it is left out.',
  }),
  by: oneOf(USAGE_PERIODS).optional().meta({
    description: 'A row for each token and hour, or for each token and day. Days are of UTC.',
    default: 'hour',
  }),
  token: TokenId.optional().meta({ description: 'Of this token only.' }),
});
export type UsageQuery = z.output<typeof UsageQuery>;

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
