/** What the log can be searched for, and the forms it can be taken away in. */
import { lazily } from '../../core/lazily.ts';
import * as z from 'zod/mini';
import { distinctId, flag, oneOf, personUuid, text } from '../../catalogue/fields/values.ts';
import { DeletionId, TokenId } from '../../core/ids.ts';
import { DELETION_STATES } from '../deletion.ts';
import { tableQuery } from '../listing.ts';
import { RefusalCursor } from './refusal.ts';

const moment = () => z.iso.datetime({ offset: true, error: 'must be a time like 2026-01-15T12:00:00Z' });

const found = lazily(() => ({
  from: z.optional(moment()).register(z.globalRegistry, { description: 'Asked for at this time or later.' }),
  to: z.optional(moment()).register(z.globalRegistry, { description: 'Asked for before this time.' }),
  token: z
    .optional(TokenId)
    .register(z.globalRegistry, { description: 'Asked for by this token, or by one derived from it.' }),
  request_id: z.optional(text()),
  order: z
    .optional(oneOf(['newest', 'oldest']))
    .register(z.globalRegistry, { description: 'Which come first.', default: 'newest' }),
}));

const members = lazily(() => ({
  ...found(),
  state: z.optional(oneOf(DELETION_STATES)),
  person: z.optional(personUuid()).register(z.globalRegistry, {
    description: 'Entries that name this person by its UUID, or for which PostHog was sent it.',
  }),
  distinct_id: z.optional(distinctId()).register(z.globalRegistry, {
    description:
      'Entries that name this distinct id, and those of a slice that deleted a person who had it. Not with `person`.',
  }),
  format: z.optional(oneOf(['json', 'csv', 'ndjson'])).register(z.globalRegistry, {
    description:
      'A table, or one entry a line; the way to the next page is in the `Link` header. A page of any form may hold fewer rows than `limit`: the last one has no next.',
  }),
  ids: z.optional(flag()).register(z.globalRegistry, {
    description: '`true`: with the ids that were asked for, as `ids`. For `csv` and `ndjson`.',
  }),
}));

export const LogQuery = lazily(() => z.extend(tableQuery(DeletionId), members()));
export type LogQuery = z.output<ReturnType<typeof LogQuery>>;

/** A tenant, and the entry of its log that the page before ended with; without an entry, all of that log was shown. */
export const LogsCursor = lazily(() =>
  z.string().check(z.regex(/^[a-z0-9-]{1,63}(?:\/del_[A-Za-z0-9_-]{22})?$/)),
);
export const LogsQuery = lazily(() => z.extend(tableQuery(LogsCursor()), members()));

export const RefusalQuery = lazily(() => z.extend(tableQuery(RefusalCursor()), found()));
export type RefusalQuery = z.output<ReturnType<typeof RefusalQuery>>;
