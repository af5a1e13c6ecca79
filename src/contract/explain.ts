import { lazily } from '../core/lazily.ts';
import * as z from 'zod/mini';
import { anyJson, json, oneOf, text } from '../catalogue/fields/values.ts';
import { TokenId } from '../core/ids.ts';
import { LIMITS } from '../core/limits.ts';
import { DeletionBudget } from './deletion-budget.ts';
import type { ReadonlyDeep } from './exact.ts';

const members = lazily(() => ({
  origin: z.optional(text(LIMITS.nameCharsMax)).register(z.globalRegistry, {
    description: 'The web origin of the page that would send it, as the header `Origin` has it.',
    examples: ['https://app.acme.example'],
  }),
  method: oneOf(['GET', 'POST', 'PATCH', 'PUT', 'DELETE']),
  path: text(LIMITS.queryCharsMax)
    .clone()
    .register(z.globalRegistry, {
      description: 'With the query, as it would be called.',
      examples: ['/api/projects/1/persons/?limit=10'],
    }),
}));

/** A request, described. */
export const ExplainRequest = lazily(() =>
  z
    .strictObject({ ...members(), body: z.optional(anyJson()) })
    .register(z.globalRegistry, { id: 'ExplainRequest' }),
);
export type ExplainRequest = z.output<ReturnType<typeof ExplainRequest>>;

/** The same question as parameters of a GET. An operator asks it about a request of a tenant. */
export const ExplainQuery = lazily(() =>
  z.strictObject({
    ...members(),
    body: z.optional(json(anyJson())),
    token: z.optional(TokenId).register(z.globalRegistry, {
      description:
        'Which token of the tenant would send it; left out, one that may do all that the tenant may. A token whose scopes were not named counts as having those that the tenant has now.',
    }),
  }),
);

/** Whether it would be allowed, why not, and what PostHog would be sent. */
export const Explanation = /* @__PURE__ */ lazily(() =>
  z
    .object({
      allowed: z.boolean(),
      operation: z.nullable(z.string()),
      reason: z.nullable(z.object({ code: z.string(), detail: z.string(), attr: z.nullable(z.string()) })),
      first: z
        .nullable(z.string())
        .register(z.globalRegistry, { description: 'What the slice asks for before anything is sent.' }),
      deletion_budgets: z.nullable(z.array(DeletionBudget())).register(z.globalRegistry, {
        description:
          'What a deletion would spend from, as it is now; null of other operations. A deletion is judged as if every person it names were in the slice.',
      }),
      fuse: z.nullable(z.string()).register(z.globalRegistry, {
        description:
          "That the operator's fuse has tripped and would hold a deletion, in plain words; null where it would not.",
      }),
      would_send: z.nullable(
        z.object({
          method: z.string(),
          path: z.string(),
          query: z.record(z.string(), z.string()),
          body: z.nullable(anyJson()),
        }),
      ),
    })
    .register(z.globalRegistry, { id: 'Explanation' }),
);
export type Explanation = ReadonlyDeep<z.output<ReturnType<typeof Explanation>>>;
