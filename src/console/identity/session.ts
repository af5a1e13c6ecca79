/** The session of an operator who has signed in with an admin token: a signed cookie. The gateway keeps those that were ended. */
import { jwtVerify, SignJWT } from 'jose';
import { JOSEError } from 'jose/errors';
import { SessionId } from '../../contract/operators/session-book.ts';

/** `__Host-`: only this host can set it, for all of its paths, over a secure connection (RFC 6265bis §4.1.3.2). */
export const SESSION_COOKIE = '__Host-hedgerow-session';
/** Seconds that a session lasts: a working day. */
export const SESSION_SECONDS = 8 * 3600;

const TYPE = 'hedgerow-session';
const ALGORITHM = 'HS256';

/** Who has signed in, and with which of the admin tokens that the operator had one after the other. */
export interface Session {
  readonly id: SessionId;
  readonly operator: string;
  readonly credential: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

/** The header `Set-Cookie` that begins a session. */
export async function sessionCookie(
  key: Uint8Array,
  { operator, credential }: Pick<Session, 'operator' | 'credential'>,
  nowMs: number,
): Promise<string> {
  const nowSeconds = Math.floor(nowMs / 1000);
  const text = await new SignJWT({ credential })
    .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
    .setSubject(operator)
    .setJti(crypto.randomUUID())
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + SESSION_SECONDS)
    .sign(key);
  return cookie(text, SESSION_SECONDS);
}

/** The header `Set-Cookie` that ends one. */
export const NO_SESSION_COOKIE: string = cookie('', 0);

function cookie(value: string, seconds: number): string {
  return `${SESSION_COOKIE}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; Secure; SameSite=Strict`;
}

/** The session of a request; null where it has none that holds. */
export async function sessionOf(key: Uint8Array, headers: Headers, nowMs: number): Promise<Session | null> {
  const text = cookieIn(headers.get('cookie') ?? '');
  if (text === null) return null;
  try {
    const { payload } = await jwtVerify(text, key, {
      algorithms: [ALGORITHM],
      typ: TYPE,
      requiredClaims: ['sub', 'exp', 'jti'],
      currentDate: new Date(nowMs),
    });
    const { jti, sub, exp, credential } = payload;
    const id = SessionId.safeParse(jti);
    if (!id.success || sub === undefined || exp === undefined || typeof credential !== 'string') return null;
    return { id: id.data, operator: sub, credential, expiresAt: exp };
  } catch (error) {
    if (error instanceof JOSEError) return null;
    throw error;
  }
}

/** True for a browser that has a session cookie of the console, valid or not. Other sites of the same host may have set other cookies. */
export const hasSessionCookie = (headers: Headers): boolean =>
  cookiesIn(headers.get('cookie') ?? '').length > 0;

function cookieIn(header: string): string | null {
  const found = cookiesIn(header);
  // Two of one name are somebody's attempt to bring in a cookie of theirs.
  return found.length === 1 ? (found[0] ?? null) : null;
}

const BEGIN = `${SESSION_COOKIE}=`;

const cookiesIn = (header: string): string[] =>
  header
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(BEGIN))
    .map((part) => part.slice(BEGIN.length));
