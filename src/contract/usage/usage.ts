/** Usage: what a token did within an hour or on a day. Nothing of it is needed where it is only answered. */
import * as z from 'zod';
import { TokenId } from '../../core/ids.ts';

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
