/** The one place a credential is read from: a single `Authorization: Bearer` header (RFC 6750 §2.1). */
import { failure, type FailureCode } from '../core/failure.ts';
import { LIMITS } from '../core/limits.ts';
import { err, ok, type Result } from '../core/result.ts';

const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/**
 * The credential of the header. Two headers arrive joined by a comma, which no credential holds, and are malformed.
 * `missing` and `malformed` are the codes of the plane that asks.
 */
export function bearerOf(
  headers: Headers,
  codes: { readonly missing: FailureCode; readonly malformed: FailureCode },
): Result<string> {
  const header = headers.get('authorization');
  if (header === null) {
    return err(failure(codes.missing, 'Send the token in one header: Authorization: Bearer <token>.'));
  }
  const credential = BEARER.exec(header)?.[1];
  return credential === undefined || credential.length > LIMITS.tokenCharsMax
    ? err(failure(codes.malformed, 'The Authorization header must be one "Bearer <token>".'))
    : ok(credential);
}
