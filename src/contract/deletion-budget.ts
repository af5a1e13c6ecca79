/** What is left of a budget of deletions, and when more comes. */
import { lazily } from '../core/lazily.ts';
import * as z from 'zod/mini';
import { TokenId } from '../core/ids.ts';

/** The tenant's budget, or that of a token together with every token derived from it. */
export const DeletionBudget = /* @__PURE__ */ lazily(() =>
  z
    .object({
      holder: z.union([z.literal('tenant'), TokenId]),
      persons_per_day: z.int().register(z.globalRegistry, { description: 'Persons in any 24 hours.' }),
      remaining: z.int().register(z.globalRegistry, { description: 'Persons that fit now.' }),
      more_in_seconds: z.nullable(z.int()).register(z.globalRegistry, {
        description: 'Until the oldest deletion that counts is a day old; null where none counts.',
      }),
    })
    .register(z.globalRegistry, { id: 'DeletionBudget' }),
);
export type DeletionBudget = z.output<ReturnType<typeof DeletionBudget>>;
