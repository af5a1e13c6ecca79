/** Which operator asks, and what it may do now. */
import { HedgerowError } from '../../client/hedgerow-error.ts';
import type { SessionId } from '../../contract/operators/session-book.ts';
import type { ConsoleEnv, SignIn } from '../config.ts';
import { gatewayAs } from '../gateway/gateway.ts';
import type { SignedIn } from '../page.ts';
import { accessIdentity, accessKeys } from './access.ts';
import { hasSessionCookie, sessionOf } from './session.ts';

/** Why somebody has to sign in. `credential`: the admin token was replaced, or its operator taken out. */
export type Why = 'begin' | 'expired' | 'credential' | 'access' | 'stranger' | 'keys';

export type Identity =
  | { readonly kind: 'operator'; readonly operator: SignedIn }
  | { readonly kind: 'nobody'; readonly why: Why }
  /** The gateway could not be asked. */
  | { readonly kind: 'failed'; readonly error: unknown };

/** Whom the credential of a request names. */
interface Claim {
  readonly operator: string;
  /** Null: whatever admin token the operator has. */
  readonly credential: string | null;
  readonly expiresAt: number;
  /** Null where Cloudflare Access has the session. */
  readonly session: SessionId | null;
}

export type Identify = (request: Request) => Promise<Identity>;

/** Reads the credential, and asks the gateway for the operator each time: a role that was lowered is lower at once. */
export function identifier(env: ConsoleEnv, how: SignIn, nowMs: () => number): Identify {
  const claim = how.kind === 'token' ? sessionClaim(how, nowMs) : accessClaim(how, nowMs);
  return async ({ headers }) => {
    const claimed = await claim(headers);
    return typeof claimed === 'string' ? { kind: 'nobody', why: claimed } : operatorOf(env, claimed);
  };
}

const sessionClaim =
  ({ key }: Extract<SignIn, { kind: 'token' }>, nowMs: () => number) =>
  async (headers: Headers): Promise<Claim | Why> => {
    const session = await sessionOf(key, headers, nowMs());
    if (session !== null) return { ...session, session: session.id };
    return hasSessionCookie(headers) ? 'expired' : 'begin';
  };

function accessClaim(how: Extract<SignIn, { kind: 'access' }>, nowMs: () => number) {
  const keys = accessKeys(how);
  return async (headers: Headers): Promise<Claim | Why> => {
    const identity = await accessIdentity(how, keys, headers, nowMs());
    switch (identity.kind) {
      case 'operator':
        return {
          operator: identity.operator,
          credential: null,
          expiresAt: identity.expiresAt,
          session: null,
        };
      case 'nobody':
        return 'access';
      case 'stranger':
        return 'stranger';
      case 'unavailable':
        return 'keys';
    }
  };
}

async function operatorOf(env: ConsoleEnv, claim: Claim): Promise<Identity> {
  const { operator, credential, expiresAt, session } = claim;
  try {
    const [{ data }, isEnded] = await Promise.all([
      gatewayAs(env, operator).GET('/admin/v1/operator'),
      session === null ? false : env.GATEWAY.isSessionEnded(session),
    ]);
    if (isEnded) return { kind: 'nobody', why: 'expired' };
    if (credential !== null && data.credential !== credential) return { kind: 'nobody', why: 'credential' };
    const canSignOut = session !== null;
    return { kind: 'operator', operator: { name: data.name, role: data.role, expiresAt, canSignOut } };
  } catch (error) {
    return isUnknownOperator(error) ? { kind: 'nobody', why: 'credential' } : { kind: 'failed', error };
  }
}

/** While others guess admin tokens, the gateway says of an operator that is no more that too many wrong ones were sent. */
const isUnknownOperator = (error: unknown): boolean =>
  error instanceof HedgerowError && (error.status === 401 || error.code === 'admin_rate_limited');
