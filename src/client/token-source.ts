/** The token of each call: a fixed one, or one that is fetched anew shortly before it ends. */
import { membersIn } from './members.ts';
import { untilAborted, type Platform } from './platform.ts';

export interface TokenSource {
  /** The token to send now. Rejects where none can be had. */
  readonly current: (signal: AbortSignal) => Promise<string>;
  /** Says that the gateway has called this token expired. `true` where another can be had. */
  readonly expired: (token: string) => boolean;
}

export const fixedToken = (token: string): TokenSource => ({
  current: () => Promise.resolve(token),
  expired: () => false,
});

/** A token is renewed so long before its end, or with a fifth of its life left, whichever is shorter. */
const RENEW_MS_BEFORE = 60_000;
const RENEW_PART_OF_LIFE = 0.2;

interface Held {
  readonly token: string;
  readonly renewAtMs: number;
  /** From then on it is not sent at all. */
  readonly endsAtMs: number;
}

/**
 * Calls share one renewal. While the old token is good, a renewal that fails is not the caller's trouble: the next call
 * tries again.
 */
export function renewedToken(
  getToken: () => Promise<string>,
  { nowMs }: Pick<Platform, 'nowMs'>,
): TokenSource {
  let held: Held | null = null;
  let renewal: Promise<Held> | null = null;

  const renew = (): Promise<Held> => {
    renewal ??= fetchToken().finally(() => {
      renewal = null;
    });
    return renewal;
  };
  const fetchToken = async (): Promise<Held> => {
    held = heldFrom(await getToken(), nowMs());
    return held;
  };

  return {
    current: async (signal) => {
      const now = nowMs();
      const known = held;
      if (known !== null && now < known.renewAtMs) return known.token;
      try {
        return (await untilAborted(renew(), signal)).token;
      } catch (error) {
        signal.throwIfAborted();
        if (known === null || now >= known.endsAtMs) throw error;
        return known.token;
      }
    },
    expired: (token) => {
      if (held?.token === token) held = null;
      return true;
    },
  };
}

function heldFrom(token: string, now: number): Held {
  const times = timesOf(token);
  if (times === null) return { token, renewAtMs: Infinity, endsAtMs: Infinity };
  const lifeMs = times.endsAtMs - times.issuedAtMs;
  // A token that has ended already, or was made in the future, tells of a wrong clock here: count from now then.
  const isPlausible = times.issuedAtMs - RENEW_MS_BEFORE <= now && now < times.endsAtMs;
  const endsAtMs = isPlausible ? times.endsAtMs : now + lifeMs;
  return { token, endsAtMs, renewAtMs: endsAtMs - Math.min(RENEW_MS_BEFORE, lifeMs * RENEW_PART_OF_LIFE) };
}

/** From the claims of a JWT; null for a token that says nothing of its end. It is read, not verified. */
function timesOf(token: string): { readonly issuedAtMs: number; readonly endsAtMs: number } | null {
  const [, payload = ''] = token.split('.');
  const claims = membersIn(decoded(payload));
  const [iat, exp] = [claims['iat'], claims['exp']];
  if (typeof iat !== 'number' || typeof exp !== 'number') return null;
  return { issuedAtMs: iat * 1000, endsAtMs: exp * 1000 };
}

function decoded(base64url: string): string {
  try {
    return atob(base64url.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    return '';
  }
}
