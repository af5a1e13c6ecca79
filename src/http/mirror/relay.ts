/**
 * An answer nobody has to look into. A small one is read and checked to be JSON, so that a broken one never goes out
 * as a success; a large one is streamed as it comes, with the key taken out on the way.
 */
import { failure } from '../../core/failure.ts';
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { readOrStream } from '../../upstream/body.ts';
import type { UpstreamAnswer } from '../../upstream/transport.ts';
import { interpret } from '../../upstream/interpret.ts';
import { scrubStream } from '../../upstream/scrub.ts';
import type { Context, Reply } from '../context.ts';
import { refused } from '../reply/refused.ts';

const JSON_TYPE = 'application/json';

/** The client's answer, from a success of PostHog's. */
export async function relay(answer: UpstreamAnswer, { services, log }: Context): Promise<Result<Reply>> {
  const body = await readOrStream(answer, LIMITS.replyBufferBytes);
  if (!body.ok) return body;
  const { status, retryAfterSeconds, mediaType } = answer;
  if (body.value.kind === 'stream') {
    if (mediaType !== JSON_TYPE) {
      await body.value.stream.cancel();
      return err(failure('upstream_reply_invalid', `PostHog answered ${status} with no JSON.`));
    }
    const stream = body.value.stream.pipeThrough(scrubStream(services.config.upstream.key));
    return ok({ status, type: JSON_TYPE, body: stream });
  }
  const meaning = interpret({ status, retryAfterSeconds, text: body.value.text }, services.scrubs);
  if (meaning.kind !== 'success') return refused(meaning, log);
  const { text } = meaning;
  return ok(text === '' ? { status, type: null, body: null } : { status, type: JSON_TYPE, body: text });
}
