/** Usage: what a token did within an hour or on a day. */
import * as z from 'zod/mini';
import { TokenId } from '../../core/ids.ts';
import { lazily } from '../../core/lazily.ts';

const count = (description: string) => z.int().register(z.globalRegistry, { description });

export const Usage = /* @__PURE__ */ lazily(() =>
  z
    .object({
      starts_at: z.iso
        .datetime()
        .register(z.globalRegistry, { description: 'When the hour or the day begins.' }),
      token: TokenId,
      name: z.nullable(z.string()).register(z.globalRegistry, {
        description: "The token's name; null where it is not known any more.",
      }),
      admitted: count('Requests that were not refused.'),
      refused: count(
        'Requests that were answered with a failure of the list of codes, PostHog being away among them.',
      ),
      upstream_calls: count(
        'Calls that PostHog was sent for requests. Those that the deletion log makes are not among them.',
      ),
      remembered_answers: count('Requests that were answered with what PostHog had said before.'),
      persons_deleted: count(
        "Persons whose deletion PostHog accepted in this time, by PostHog's numbers; the ids that it accepted where it gave no numbers.",
      ),
      refused_by_code: z
        .record(z.string(), z.int())
        .register(z.globalRegistry, { description: 'What `refused` is made of.' }),
    })
    .register(z.globalRegistry, { id: 'Usage' }),
);
export type Usage = z.output<ReturnType<typeof Usage>>;
