/** Who a token is, on either plane. */
import type { components } from '../../client/index.ts';
import type { Session } from '../session/session.ts';

type Schemas = components['schemas'];

export type Identity =
  | { readonly plane: 'tenant'; readonly me: Schemas['Whoami'] }
  | { readonly plane: 'admin'; readonly me: Schemas['Operator'] };

export async function identityOf({ plane, hedgerow }: Session): Promise<Identity> {
  return plane === 'tenant'
    ? { plane, me: (await hedgerow.GET('/v1/whoami')).data }
    : { plane, me: (await hedgerow.GET('/admin/v1/operator')).data };
}

export const nameOf = (identity: Identity): string =>
  identity.plane === 'tenant'
    ? `the tenant ${identity.me.tenant}`
    : `the operator ${identity.me.name}, with the role ${identity.me.role}`;

/** The same for programs. */
export const namesIn = (identity: Identity): Readonly<Record<string, string>> =>
  identity.plane === 'tenant'
    ? { tenant: identity.me.tenant }
    : { operator: identity.me.name, role: identity.me.role };
