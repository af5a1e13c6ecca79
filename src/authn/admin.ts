import { failure, type Failure } from '../core/failure.ts';
import { bearerOf } from './bearer.ts';

/**
 * Refuses a request without the admin token. Digests are compared, in constant time, so that neither the length
 * nor a common beginning shows.
 */
export async function checkAdmin(headers: Headers, adminToken: string): Promise<Failure | null> {
  const credential = bearerOf(headers, { missing: 'admin_token_missing', malformed: 'admin_token_invalid' });
  if (!credential.ok) return credential.failure;
  const [sent, expected] = await Promise.all([digest(credential.value), digest(adminToken)]);
  return crypto.subtle.timingSafeEqual(sent, expected)
    ? null
    : failure('admin_token_invalid', 'This is not the admin token of this gateway.');
}

const digest = (text: string): Promise<ArrayBuffer> =>
  crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
