/** Tokens nobody issued: what somebody with another key, or with a text editor, would send. */
import { SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import { ScopeName } from '../../src/core/scopes.ts';
import { SIGNING_KEY } from './secrets.ts';

export interface Crafting {
  readonly kid?: string;
  readonly key?: string;
  readonly alg?: string;
  readonly typ?: string;
  /** Members over those of a good token of this tenant. */
  readonly claims?: JWTPayload;
}

const nowSeconds = (): number => Math.floor(Date.now() / 1000);

/** The claims of a token that may do everything, were it signed by the gateway. */
export const claimsOf = (tenant: string, claims: JWTPayload = {}): JWTPayload => ({
  iss: 'hedgerow',
  aud: 'hedgerow',
  sub: tenant,
  jti: `tok_${'A'.repeat(22)}`,
  iat: nowSeconds() - 10,
  exp: nowSeconds() + 3600,
  scope: ScopeName.options.join(' '),
  project_id: 1,
  by: {},
  chain: [],
  ...claims,
});

/** A signed token, as the gateway would sign it unless told otherwise. */
export async function crafted(
  tenant: string,
  {
    kid = SIGNING_KEY.kid,
    key = SIGNING_KEY.text,
    alg = 'HS256',
    typ = 'at+jwt',
    claims = {},
  }: Crafting = {},
): Promise<string> {
  const signed = await new SignJWT(claimsOf(tenant, claims))
    .setProtectedHeader({ alg, typ, kid })
    .sign(new TextEncoder().encode(key));
  return `hgr_${signed}`;
}

/** A token with `alg: none` and no signature. */
export const unsigned = (tenant: string): string => `hgr_${new UnsecuredJWT(claimsOf(tenant)).encode()}`;
