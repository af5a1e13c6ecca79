/** Usage: what tokens did, by the hour or by the day. */
import * as z from 'zod';
import { oneOf } from '../../catalogue/fields/values.ts';
import { TokenId } from '../../core/ids.ts';
import { LIMITS } from '../../core/limits.ts';
import { tableQuery } from '../listing.ts';

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

const count = z.int();

export const Usage = z
  .object({
    starts_at: z.iso.datetime().meta({ description: 'When the hour or the day begins.' }),
    token: TokenId,
    name: z
      .string()
      .nullable()
      .meta({ description: "The token's name; null where it is not known any more." }),
    admitted: count.meta({ description: 'Requests that were not refused.' }),
    refused: count.meta({
      description:
        'Requests that were answered with a failure of the list of codes, PostHog being away among them.',
    }),
    upstream_calls: count.meta({ description: 'Calls that PostHog was sent while a request was answered.' }),
    remembered_answers: count.meta({
      description: 'Requests that were answered with what PostHog had said before.',
    }),
    persons_deleted: count.meta({
      description:
        "Persons whose deletion PostHog accepted in this time, by PostHog's numbers; the ids that it accepted where it gave no numbers.",
    }),
    refused_by_code: z.record(z.string(), count).meta({ description: 'What `refused` is made of.' }),
  })
  .meta({ id: 'Usage' });
export type Usage = z.output<typeof Usage>;

/** `refused_by_code` is JSON in its cell. */
export const USAGE_COLUMNS = Object.keys(Usage.shape);
