import { failure } from '../core/failure.ts';
import type { Operator, OperatorName } from '../core/operators.ts';
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

/**
 * The operator that a header names, for an entrypoint that only the console reaches. The name is looked up in
 * the configuration each time: a role that was lowered is lower at once, and an operator who was removed is refused.
 */
export async function operatorNamed(
  name: string,
  operators: readonly OperatorCredential[],
): Promise<Result<Operator>> {
  const operator = operators.find((one) => one.name === name);
  return operator === undefined
    ? err(failure('admin_token_invalid', 'There is no operator of this name any more.'))
    : ok({ name: operator.name, role: operator.role });
}

const CREDENTIAL_BYTES = 16;

/** Tells apart the admin tokens that an operator has one after the other. One way, and of the operator's name too. */
export async function credentialOf(
  name: OperatorName,
  operators: readonly OperatorCredential[],
): Promise<string> {
  const token = operators.find((one) => one.name === name)?.token ?? '';
  const bytes = new Uint8Array(await digest(`credential of ${name}: ${token}`), 0, CREDENTIAL_BYTES);
  return bytes.toBase64({ alphabet: 'base64url', omitPadding: true });
}

const digest = (text: string): Promise<ArrayBuffer> =>
  crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
