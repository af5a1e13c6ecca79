/**
 * Tenant tokens: `hgr_` and a compact JWS with the claims of an access token (RFC 9068), signed HS256. Made and checked
 * with jose; whether one is revoked, suspended or over its rate is the tenant object's to say.
 */
import { errors, jwtVerify, SignJWT, type JWTHeaderParameters } from 'jose';
import * as z from 'zod/mini';
import { failure, type Failure } from '../core/failure.ts';
import { Actor, ProjectId, RegistrationId, TenantId, TokenId } from '../core/ids.ts';
import { LIMITS } from '../core/limits.ts';
import { err, ok, type Result } from '../core/result.ts';
import { ScopeName, type Scope } from '../core/scopes.ts';
import { Narrowing } from '../policy/grant.ts';
import { isKid, type Keyring } from './keyring.ts';
import { TokenMemory } from './token-memory.ts';

const PREFIX = 'hgr_';
const ALGORITHM = 'HS256';
const TYPE = 'at+jwt';

/** A token that another was derived from, and how it narrowed its own parent. */
export interface Ancestor {
  readonly id: TokenId;
  readonly narrowing: Narrowing;
}

const AncestorClaim = z.pipe(
  z.strictObject({ id: TokenId, by: Narrowing }),
  z.transform(({ id, by }): Ancestor => ({ id, narrowing: by })),
);

const Claims = z.object({
  sub: TenantId,
  /** Tokens from before this claim lack it. */
  reg: z.optional(RegistrationId),
  jti: TokenId,
  iat: z.int(),
  exp: z.int(),
  nbf: z.optional(z.int()),
  scope: z.pipe(
    z.string(),
    z.transform((text, context): Scope[] => {
      const scopes = z.array(ScopeName).safeParse(text === '' ? [] : text.split(' '));
      if (scopes.success) return scopes.data;
      context.issues.push({ code: 'custom', message: 'unknown scope', input: text });
      return z.NEVER;
    }),
  ),
  project_id: ProjectId,
  by: Narrowing,
  actor: z.optional(Actor),
  chain: z.array(AncestorClaim).check(z.maxLength(LIMITS.ancestorsMax)),
});

/** The authenticated caller: what its token says of itself, checked to be ours and current. */
export interface Principal {
  readonly tenant: TenantId;
  /** The registration of the tenant that it was issued under; null in tokens from before there was this claim. */
  readonly registration: RegistrationId | null;
  readonly token: TokenId;
  readonly projectId: ProjectId;
  /** Never more than the parent had when this was issued. */
  readonly scopes: readonly Scope[];
  readonly narrowing: Narrowing;
  /** The person or ticket that the token acts for, as its minter said; null where nobody said it. */
  readonly actor: Actor | null;
  /** Oldest first. */
  readonly ancestors: readonly Ancestor[];
  readonly issuedAtSeconds: number;
  readonly notBeforeSeconds: number | null;
  readonly expiresAtSeconds: number;
}

export interface TokenIssuer {
  /** Names the key that signs. */
  readonly kid: string;
  readonly sign: (principal: Principal) => Promise<string>;
  /** Fails with the 401 that says why. `nowMs` is the time it is checked at. */
  readonly verify: (credential: string, nowMs: number) => Promise<Result<Principal>>;
}

/**
 * `issuer` is both `iss` and `aud`: tokens of another gateway with the same keys are refused. What was verified is
 * remembered with the ring that verified it, and only its times are checked again.
 */
export function tokenIssuer(keyring: Keyring, issuer: string): TokenIssuer {
  const imported = new Map<string, Promise<CryptoKey>>();
  const keyOf = ({ kid, typ }: Pick<JWTHeaderParameters, 'kid' | 'typ'>): Promise<CryptoKey> => {
    const key = keyring.find((candidate) => candidate.kid === kid);
    if (key === undefined) {
      const couldBeOurs = typ === TYPE && isKid(kid);
      return Promise.reject(couldBeOurs ? new KeyRetired() : new errors.JWSSignatureVerificationFailed());
    }
    const known = imported.get(key.kid) ?? importHmac(key.bytes);
    imported.set(key.kid, known);
    return known;
  };
  const verified = new TokenMemory<Principal>();

  const verifyAnew = async (credential: string, nowMs: number): Promise<Result<Principal>> => {
    try {
      const { payload } = await jwtVerify(credential.slice(PREFIX.length), keyOf, {
        algorithms: [ALGORITHM],
        typ: TYPE,
        issuer,
        audience: issuer,
        currentDate: new Date(nowMs),
        requiredClaims: ['exp', 'iat', 'jti', 'sub'],
      });
      const claims = Claims.safeParse(payload);
      return claims.success ? ok(principalOf(claims.data)) : err(malformed());
    } catch (error) {
      return err(failureOf(error));
    }
  };

  return {
    kid: keyring[0].kid,
    sign: async (principal) => {
      const [{ kid }] = keyring;
      const claims = new SignJWT({
        scope: principal.scopes.join(' '),
        project_id: principal.projectId,
        by: principal.narrowing,
        chain: principal.ancestors.map(({ id, narrowing }) => ({ id, by: narrowing })),
        ...(principal.actor === null ? {} : { actor: principal.actor }),
        ...(principal.registration === null ? {} : { reg: principal.registration }),
      })
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid })
        .setIssuer(issuer)
        .setAudience(issuer)
        .setSubject(principal.tenant)
        .setJti(principal.token)
        .setIssuedAt(principal.issuedAtSeconds)
        .setExpirationTime(principal.expiresAtSeconds);
      if (principal.notBeforeSeconds !== null) claims.setNotBefore(principal.notBeforeSeconds);
      return PREFIX + (await claims.sign(await keyOf({ kid, typ: TYPE })));
    },

    verify: async (credential, nowMs) => {
      if (!credential.startsWith(PREFIX)) return err(foreign());
      const known = verified.recall(credential);
      if (known !== undefined) {
        const untimely = checkTimes(known, nowMs);
        if (untimely === null) return ok(known);
        verified.forget(credential);
        return err(untimely);
      }
      const principal = await verifyAnew(credential, nowMs);
      if (principal.ok) verified.remember(credential, principal.value);
      return principal;
    },
  };
}

/** The header names a key that is not in the ring. The gateway cannot verify the signature, so it does not read the claims. */
class KeyRetired extends Error {}

const importHmac = (bytes: Uint8Array): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);

const principalOf = (claims: z.output<typeof Claims>): Principal => ({
  tenant: claims.sub,
  registration: claims.reg ?? null,
  token: claims.jti,
  projectId: claims.project_id,
  scopes: claims.scope,
  narrowing: claims.by,
  actor: claims.actor ?? null,
  ancestors: claims.chain,
  issuedAtSeconds: claims.iat,
  notBeforeSeconds: claims.nbf ?? null,
  expiresAtSeconds: claims.exp,
});

/** The times of a token as jose reads them: in whole seconds, without leeway, the start before the end. */
function checkTimes({ notBeforeSeconds, expiresAtSeconds }: Principal, nowMs: number): Failure | null {
  const nowSeconds = Math.floor(nowMs / 1000);
  if (notBeforeSeconds !== null && notBeforeSeconds > nowSeconds) return notYetValid();
  return expiresAtSeconds <= nowSeconds ? expired() : null;
}

function failureOf(error: unknown): Failure {
  if (error instanceof KeyRetired) return keyRetired();
  if (error instanceof errors.JWTExpired) return expired();
  if (error instanceof errors.JWTClaimValidationFailed) {
    return error.claim === 'nbf' && error.reason === 'check_failed' ? notYetValid() : notOurs();
  }
  if (
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported
  ) {
    return notOurs();
  }
  if (error instanceof errors.JOSEError) return malformed();
  throw error;
}

const expired = () =>
  failure('token_expired', 'The token has expired. Ask the issuer of the token for a new one.');
const notYetValid = () => failure('token_not_yet_valid', 'The token is not valid yet.');
const notOurs = () =>
  failure('token_signature_invalid', 'The token was not issued by this gateway, or was not sent whole.');
const keyRetired = () =>
  failure(
    'token_key_retired',
    'The key this token was signed with is no longer in use here. Ask for a new token.',
  );
const malformed = () =>
  failure('token_malformed', `The token is damaged: it must be sent whole, from ${PREFIX} on.`);
const foreign = () =>
  failure(
    'token_malformed',
    `Tokens of this gateway start with ${PREFIX}. Keys of PostHog are not taken here.`,
  );
