import { grantReply } from '../../../contract/grant.ts';
import { ok } from '../../../core/result.ts';
import { callObject } from '../../call-object.ts';
import { budgetAskOf } from '../../deletion-order.ts';
import { isoOf } from '../tokens/new-token.ts';
import { answer } from '../serve.ts';
import { withToken } from './guard.ts';

/** `GET /v1/whoami`: the effective grant, what is left of the rate and of the budgets, and the end of the token. */
export const whoami = withToken('whoami', async (ctx, admitted) => {
  const { principal, tenant, grant } = admitted;
  const deletes = grant.scopes.includes('person:delete');
  const log = ctx.services.deletionLog(principal.tenant);
  const left = deletes ? await callObject(ctx, () => log.budget(budgetAskOf(admitted, 0))) : ok(null);
  if (!left.ok) return left;
  return answer({
    tenant: principal.tenant,
    name: tenant.name,
    token: {
      id: principal.token,
      actor: principal.actor,
      issued_at: isoOf(principal.issuedAtSeconds),
      expires_at: isoOf(principal.expiresAtSeconds),
      ancestors: principal.ancestors.map(({ id }) => id),
    },
    grant: grantReply(grant),
    limits: ctx.response.limits.map((limit) => ({
      holder: limit.holder,
      burst: limit.quota,
      remaining: limit.remaining,
      full_again_in_seconds: limit.resetSeconds,
    })),
    deletion_budgets: left.value?.budgets ?? null,
  });
});
