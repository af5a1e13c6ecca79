/** A request that was refused: the stored ones are read by this schema too. */
import * as z from 'zod/mini';
import { TokenId } from '../../core/ids.ts';
import { lazily } from '../../core/lazily.ts';

export const RefusedRequest = lazily(() =>
  z.object({
    refused_at: z.iso.datetime().register(z.globalRegistry, { description: 'When the request arrived.' }),
    token: TokenId,
    request_id: z.string(),
    method: z.string(),
    route: z.string().register(z.globalRegistry, {
      description: 'The `operationId` of this document; of the operation on the mirror plane.',
    }),
    code: z.string(),
    attr: z.nullable(z.string()).register(z.globalRegistry, {
      description:
        'The parameter, field or header at fault, outermost name only. Null where none is, and where the client made its name up.',
    }),
    missing_scopes: z.nullable(z.array(z.string())).register(z.globalRegistry, {
      description: 'With `scope_missing`: the scopes that the token lacks.',
    }),
    origin: z.nullable(z.string()).register(z.globalRegistry, {
      description:
        'With `origin_not_allowed`: the origin that was refused; `malformed` where the header held none.',
    }),
    limit: z.nullable(z.string()).register(z.globalRegistry, {
      description:
        'With `rate_limited` and `deletion_budget_exhausted`: `tenant`, or the id of the token whose limit is used up.',
    }),
  }),
);

/** The same with what the operator wants to read beside it. */
export const ShownRefusedRequest = /* @__PURE__ */ lazily(() =>
  z
    .extend(RefusedRequest(), {
      token_name: z.nullable(z.string()).register(z.globalRegistry, {
        description: "The token's name; null where it is not known any more.",
      }),
      status: z.nullable(z.int()).register(z.globalRegistry, {
        description: 'What it was answered with; null where this gateway does not know the code any more.',
      }),
      title: z
        .nullable(z.string())
        .register(z.globalRegistry, { description: 'The code in words; null where `status` is.' }),
    })
    .register(z.globalRegistry, { id: 'RefusedRequest' }),
);
export type ShownRefusedRequest = z.output<ReturnType<typeof ShownRefusedRequest>>;
