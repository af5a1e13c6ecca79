/** PostHog's success for a grant of a whole project that hides nothing: as PostHog gave it, with the gateway's links. */
import type { ConstrainedCall } from '../../policy/constrain.ts';
import { failure, type Failure } from '../../core/failure.ts';
import { isJsonObject, parseJson } from '../../core/json.ts';
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { OpenAnswer } from '../../upstream/client.ts';
import { rowsOf } from '../../upstream/envelope.ts';
import { replaceLinks } from '../../upstream/links.ts';
import { JSON_TYPE, jsonReply, type Context, type Reply } from '../context.ts';
import { tableReply } from '../reply/table.ts';
import { linksOf } from './links.ts';

export async function passThrough(
  { request }: Context,
  call: ConstrainedCall,
  answer: OpenAnswer,
): Promise<Result<Reply>> {
  const { status } = answer;
  const { paging, rows } = call.operation.reply;
  if (paging === null && rows === null) return passObject(answer);
  const text = await answer.text(LIMITS.replyBytesMax);
  if (!text.ok) return text;
  const json = parseJson(text.value);
  if (!isJsonObject(json) || !Array.isArray(json['results'])) {
    // PostHog's insights answer the bare empty list where there is nothing to compute for (PostHog contract §4).
    return Array.isArray(json) && json.length === 0 ? ok(jsonReply(status, json)) : err(notAPage(status));
  }
  const links = linksOf(call, json, request);
  return ok(
    call.format.kind === 'csv'
      ? tableReply(status, rowsOf(json, rows), links)
      : { status, type: JSON_TYPE, body: replaceLinks(text.value, json, links) },
  );
}

/** A small answer is checked to be JSON, so that a broken one never goes out as a success; a large one is streamed. */
async function passObject(answer: OpenAnswer): Promise<Result<Reply>> {
  const { status } = answer;
  const body = await answer.textOrStream(LIMITS.replyBufferBytes);
  if (!body.ok) return body;
  if (body.value.kind === 'text') {
    return parseJson(body.value.text) === undefined
      ? err(notAPage(status))
      : ok({ status, type: JSON_TYPE, body: body.value.text });
  }
  if (answer.mediaType === JSON_TYPE) return ok({ status, type: JSON_TYPE, body: body.value.stream });
  await body.value.stream.cancel();
  return err(notAPage(status));
}

const notAPage = (status: number): Failure =>
  failure('upstream_reply_invalid', `PostHog answered ${status} with a body that is not its API's.`);
