import { grantReply } from '../../../contract/grant.ts';
import { isoOf } from '../new-token.ts';
import { answer } from '../serve.ts';
import { withToken } from './guard.ts';

/** `GET /v1/whoami`: the effective grant, what is left of the rate, and the end of the token. */
export const whoami = withToken('whoami', async (ctx, { principal, tenant, grant }) =>
  answer({
    tenant: principal.tenant,
    name: tenant.name,
    token: {
      id: principal.token,
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
  }),
);
