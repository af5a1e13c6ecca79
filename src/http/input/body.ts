/** Reading a request body: bounded, JSON only, and one meaning for every reader. */
import { failure, type Failure } from '../../core/failure.ts';
import { parseJson, type Json } from '../../core/json.ts';
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { strictJsonProblem, namesPrototype } from '../../core/strict-json.ts';

const JSON_TYPE = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

/** The body as JSON, or `undefined` where none was sent. */
export async function readBody(request: Request): Promise<Result<Json | undefined>> {
  const bytes = await readBytes(request, LIMITS.bodyBytesMax);
  if (bytes === null) return err(tooLarge());
  if (bytes.byteLength === 0) return ok(undefined);
  if (!JSON_TYPE.test(request.headers.get('content-type') ?? '') || request.headers.has('content-encoding')) {
    return err(
      failure('content_type_unsupported', 'Send the body as application/json, in UTF-8, not compressed.'),
    );
  }
  const text = decode(bytes);
  if (text === null) return err(invalid('is not UTF-8'));
  const flaw = strictJsonProblem(text, LIMITS.bodyDepthMax);
  if (flaw !== null) return err(invalid(flaw));
  const json = parseJson(text);
  if (json === undefined) return err(invalid('is not JSON'));
  return namesPrototype(json) ? err(invalid('has a member called __proto__')) : ok(json);
}

/** A declared length is believed only where it refuses: what counts is what arrives. */
async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array | null> {
  if (request.body === null) return new Uint8Array(0);
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) return null;
  const chunks: Uint8Array[] = [];
  let length = 0;
  const arriving: AsyncIterable<Uint8Array> = request.body;
  for await (const chunk of arriving) {
    length += chunk.byteLength;
    if (length > maxBytes) return null;
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return null;
  }
}

const tooLarge = (): Failure =>
  failure('body_too_large', `The body is larger than ${LIMITS.bodyBytesMax} bytes. Split the call.`);
const invalid = (how: string): Failure => failure('body_invalid', `The body ${how}.`);
