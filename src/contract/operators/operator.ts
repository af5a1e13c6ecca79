/** An operator, as the gateway says who one is. */
import * as z from 'zod/mini';
import { lazily } from '../../core/lazily.ts';
import { OperatorName, ROLES } from '../../core/operators.ts';

export const OperatorView = /* @__PURE__ */ lazily(() =>
  z
    .object({
      name: OperatorName,
      role: z.enum(ROLES),
    })
    .register(z.globalRegistry, { id: 'Operator' }),
);
