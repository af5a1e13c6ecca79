import { failure } from '../core/failure.ts';
import type { Operator } from '../core/operators.ts';
import { err, ok, type Result } from '../core/result.ts';
import { bearerOf } from './bearer.ts';
import type { OperatorCredential } from './operators.ts';

/**
 * The operator whose admin token the request has. Digests are compared, in constant time and with those of all
 * operators each time, so that neither length nor a common beginning shows, nor which operators there are.
 */
export async function authenticateOperator(
  headers: Headers,
  operators: readonly OperatorCredential[],
): Promise<Result<Operator>> {
  const credential = bearerOf(headers, { missing: 'admin_token_missing', malformed: 'admin_token_invalid' });
  if (!credential.ok) return credential;
  const [sent, ...known] = await Promise.all(
    [credential.value, ...operators.map(({ token }) => token)].map(digest),
  );
  const matches = known.map((one) => sent !== undefined && crypto.subtle.timingSafeEqual(sent, one));
  const operator = operators[matches.indexOf(true)];
  return operator === undefined
    ? err(failure('admin_token_invalid', 'This is no admin token of this gateway.'))
    : ok({ name: operator.name, role: operator.role });
}

const digest = (text: string): Promise<ArrayBuffer> =>
  crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
