/** The header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header). */
import { IDEMPOTENCY_KEY_HEADER } from '../../contract/deletion-headers.ts';
import { failure } from '../../core/failure.ts';
import { IdempotencyKey } from '../../core/ids.ts';
import { err, ok, type Result } from '../../core/result.ts';

/** A string of a structured field (RFC 9651 §3.3.3): in quotation marks, `"` and `\` behind a backslash. */
const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;
/** Many clients leave the quotation marks out. */
const BARE = /^[A-Za-z0-9._~:/+=-]+$/;

/** The key of a request; null where it has none. Fails with `parameter_invalid` where the header is no key. */
export function readIdempotencyKey(headers: Headers): Result<IdempotencyKey | null> {
  const field = headers.get(IDEMPOTENCY_KEY_HEADER);
  if (field === null) return ok(null);
  const quoted = QUOTED.exec(field)?.[1]?.replaceAll(/\\(.)/g, '$1');
  const key = IdempotencyKey.safeParse(quoted ?? (BARE.test(field) ? field : ''));
  return key.success
    ? ok(key.data)
    : err(
        failure(
          'parameter_invalid',
          'Idempotency-Key must be one text of 1 to 255 characters in quotation marks, like "8e03978e-40d5-43e8-bc93-6894a57f9324".',
          IDEMPOTENCY_KEY_HEADER,
        ),
      );
}
