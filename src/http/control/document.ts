/** `/openapi.json` on the wire: made once in an isolate, and not sent again to a client that has it. */
import { ok, type Result } from '../../core/result.ts';
import { openApiDocument } from '../../openapi/document.ts';
import { JSON_TYPE, type Reply } from '../context.ts';

/** Seconds for which nobody asks again. */
const FRESH_SECONDS = 300;

interface DocumentText {
  readonly text: string;
  /** A strong entity tag, with its quotes. */
  readonly tag: string;
}

/** Kept as a value: a promise belongs to the request that made it, and dies with it. */
let made: DocumentText | null = null;

async function make(): Promise<DocumentText> {
  const text = JSON.stringify(openApiDocument());
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  const hex = [...new Uint8Array(digest, 0, 16)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return { text, tag: `"${hex}"` };
}

export async function documentReply(asked: Headers): Promise<Result<Reply>> {
  const { text, tag } = (made ??= await make());
  const headers = { ETag: tag, 'Cache-Control': `public, max-age=${FRESH_SECONDS}` };
  return names(asked.get('if-none-match'), tag)
    ? ok({ status: 304, type: null, body: null, headers })
    : ok({ status: 200, type: JSON_TYPE, body: text, headers });
}

/** Does an `If-None-Match` name the tag? Compared weakly, as RFC 9110 §13.1.2 has it for a cache. */
const names = (field: string | null, tag: string): boolean =>
  field !== null &&
  field.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === tag);
