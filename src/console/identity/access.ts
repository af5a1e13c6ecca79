/** Cloudflare Access: the assertion that it sends with every request, verified with the keys of the team. */
import { createRemoteJWKSet, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { JOSEError, JWKSTimeout } from 'jose/errors';
import type { SignIn } from '../config.ts';

export const ASSERTION_HEADER = 'Cf-Access-Jwt-Assertion';
const CERTS_PATH = '/cdn-cgi/access/certs';

type AccessSignIn = Extract<SignIn, { kind: 'access' }>;

/** Whom Access says that it let in. */
export type AccessIdentity =
  | { readonly kind: 'operator'; readonly operator: string; readonly expiresAt: number }
  /** There is no assertion that holds: the request came past Access, or is for another application. */
  | { readonly kind: 'nobody' }
  /** Access let somebody in who is no operator. */
  | { readonly kind: 'stranger'; readonly mail: string }
  /** The keys of the team cannot be had. */
  | { readonly kind: 'unavailable' };

/** Keys are fetched once and kept, and fetched again for a key that is not known yet. */
export const accessKeys = ({ team }: AccessSignIn): JWTVerifyGetKey =>
  createRemoteJWKSet(new URL(CERTS_PATH, team));

export async function accessIdentity(
  { team, audience, operators }: AccessSignIn,
  keys: JWTVerifyGetKey,
  headers: Headers,
  nowMs: number,
): Promise<AccessIdentity> {
  const assertion = headers.get(ASSERTION_HEADER);
  if (assertion === null) return { kind: 'nobody' };
  try {
    const { payload } = await jwtVerify(assertion, keys, {
      algorithms: ['RS256'],
      issuer: team,
      audience,
      requiredClaims: ['exp', 'email'],
      currentDate: new Date(nowMs),
    });
    const { email, exp = 0 } = payload;
    if (typeof email !== 'string') return { kind: 'nobody' };
    const operator = operators.get(email.toLowerCase());
    return operator === undefined
      ? { kind: 'stranger', mail: email }
      : { kind: 'operator', operator, expiresAt: exp };
  } catch (error) {
    if (!(error instanceof JOSEError)) return { kind: 'unavailable' };
    return error instanceof JWKSTimeout || error.code === 'ERR_JOSE_GENERIC'
      ? { kind: 'unavailable' }
      : { kind: 'nobody' };
  }
}
