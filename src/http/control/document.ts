/** `/openapi.json` on the wire: read once in an isolate, and not sent again to a client that has it. */
import { ok, type Result } from '../../core/result.ts';
import { JSON_TYPE, type Context, type Reply } from '../context.ts';

/** Seconds for which a client may reuse the document without asking the gateway again. */
const FRESH_SECONDS = 300;

interface DocumentText {
  readonly text: string;
  /** A strong entity tag, with its quotes. */
  readonly tag: string;
}

/** Kept as a value: a promise belongs to the request that made it, and dies with it. */
let kept: DocumentText | null = null;

/** @throws where the deploy left the document out. */
async function read(asset: Response): Promise<DocumentText> {
  const text = await asset.text();
  if (asset.status !== 200) throw new Error(`the asset openapi.json was answered with ${asset.status}`);
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  const hex = [...new Uint8Array(digest, 0, 16)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return { text, tag: `"${hex}"` };
}

export async function documentReply({ request, services }: Context): Promise<Result<Reply>> {
  const { text, tag } = (kept ??= await read(await services.openApiAsset()));
  const headers = { ETag: tag, 'Cache-Control': `public, max-age=${FRESH_SECONDS}` };
  return names(request.headers.get('if-none-match'), tag)
    ? ok({ status: 304, type: null, body: null, headers })
    : ok({ status: 200, type: JSON_TYPE, body: text, headers });
}

/** Does an `If-None-Match` name the tag? Compared weakly, as RFC 9110 §13.1.2 has it for a cache. */
const names = (field: string | null, tag: string): boolean =>
  field !== null &&
  field.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === tag);
