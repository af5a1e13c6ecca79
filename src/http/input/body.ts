/** Reading a request body: bounded, JSON only, and one meaning for every reader. */
import { joinBytes } from '../../core/bytes.ts';
import { failure, type Failure } from '../../core/failure.ts';
import { parseJson, type Json } from '../../core/json.ts';
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { strictJsonProblem, namesPrototype } from '../../core/strict-json.ts';
import { chunksOf, type ChunkReader } from '../../upstream/chunks.ts';
import { isJsonInUtf8, isUncoded } from './media-type.ts';

/** How large a body may be, and how many milliseconds it has until all of it is here. */
export interface BodyLimits {
  readonly bytesMax: number;
  readonly arrivalMsMax: number;
}

const BODY_LIMITS: BodyLimits = { bytesMax: LIMITS.bodyBytesMax, arrivalMsMax: LIMITS.bodyArrivalMsMax };

/** The body as JSON, or `undefined` where none was sent. */
export async function readBody(
  { body, headers }: Request,
  limits: BodyLimits = BODY_LIMITS,
): Promise<Result<Json | undefined>> {
  if (body === null) return ok(undefined);
  // A declared length is believed only where it refuses: what counts is what arrives.
  if (Number(headers.get('content-length') ?? 0) > limits.bytesMax) return err(tooLarge(limits));
  const bytes = await readBytes(chunksOf(body), limits);
  if (!bytes.ok) return bytes;
  if (bytes.value.byteLength === 0) return ok(undefined);
  if (!isJsonInUtf8(headers.get('content-type') ?? '') || !isUncoded(headers.get('content-encoding') ?? '')) {
    return err(
      failure('content_type_unsupported', 'Send the body as application/json, in UTF-8, not compressed.'),
    );
  }
  const text = decode(bytes.value);
  if (text === null) return err(invalid('is not UTF-8'));
  const flaw = strictJsonProblem(text, LIMITS.bodyDepthMax);
  if (flaw !== null) return err(invalid(flaw));
  const json = parseJson(text);
  if (json === undefined) return err(invalid('is not JSON'));
  return namesPrototype(json) ? err(invalid('has a member called __proto__')) : ok(json);
}

/** Reads what the client sends. Where that ends early, by time or by connection, the client is told so. */
async function readBytes(arriving: ChunkReader, limits: BodyLimits): Promise<Result<Uint8Array>> {
  const { bytesMax, arrivalMsMax } = limits;
  const late = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => late.resolve('late'), arrivalMsMax);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const next = await Promise.race([arriving.read(), late.promise]);
      if (next === null) return ok(joinBytes(chunks));
      if (next === 'late') return giveUp(arriving, tooSlow(arrivalMsMax));
      length += next.byteLength;
      if (length > bytesMax) return giveUp(arriving, tooLarge(limits));
      chunks.push(next);
    }
  } catch {
    // The runtime rejects alike for a lost connection and for wrong framing; both are the client's.
    return err(incomplete());
  } finally {
    clearTimeout(timer);
  }
}

/** The rest is not waited for: it may never come. */
function giveUp(arriving: ChunkReader, why: Failure): Result<Uint8Array> {
  void arriving.cancel();
  return err(why);
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return null;
  }
}

const tooLarge = ({ bytesMax }: BodyLimits): Failure =>
  failure('body_too_large', `The body is larger than ${bytesMax} bytes. Split the call.`);
const incomplete = (): Failure =>
  failure(
    'body_incomplete',
    'The body broke off before its end, or its framing is wrong: check Content-Length and the sizes of chunks.',
  );
const tooSlow = (ms: number): Failure =>
  failure('body_timeout', `The whole body has to arrive within ${ms} ms. Nothing was done.`);
const invalid = (how: string): Failure => failure('body_invalid', `The body ${how}.`);
