/** An operator, as the gateway says who one is. */
import * as z from 'zod/mini';
import { lazily } from '../../core/lazily.ts';
import { OperatorName, ROLES } from '../../core/operators.ts';

/** Names the operator of a request. Read from a service binding to the entrypoint for operators, and nowhere else. */
export const OPERATOR_HEADER = 'Hedgerow-Operator';

export const OperatorView = /* @__PURE__ */ lazily(() =>
  z
    .object({
      name: OperatorName,
      role: z.enum(ROLES),
      credential: z.string().register(z.globalRegistry, {
        description: 'Another one once the operator has another admin token. Tells nothing of the token.',
      }),
    })
    .register(z.globalRegistry, { id: 'Operator' }),
);
