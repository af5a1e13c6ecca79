/**
 * PostHog's answer for a grant with a slice or with property rules. Whatever was asked, what comes back is judged once
 * more: a person outside the slice does not go out, and properties that are hidden do not either.
 */
import { failure } from '../../core/failure.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { ConstrainedCall } from '../../policy/constrain.ts';
import type { Grant } from '../../policy/grant.ts';
import {
  redactActivity,
  redactCohort,
  redactPastPerson,
  redactPerson,
  redactPersonMap,
  redactTimeline,
} from '../../policy/redact.ts';
import { visibilityOf } from '../../policy/visibility.ts';
import { readText } from '../../upstream/body.ts';
import type { UpstreamAnswer } from '../../upstream/transport.ts';
import { interpret, type Interpretation } from '../../upstream/interpret.ts';
import { jsonReply, type Context, type Reply } from '../context.ts';
import { isOwn, noSuchPerson } from '../slicing/check-person.ts';
import { linksOf } from './links.ts';
import { streamPage } from './redacted-stream.ts';
import { refused } from '../reply/refused.ts';
import { rowsOf } from '../rows.ts';
import { tableReply } from '../reply/table.ts';

type ForwardCall = Extract<ConstrainedCall, { kind: 'forward' }>;
type Success = Extract<Interpretation, { kind: 'success' }>;

export async function narrowedAnswer(
  answer: UpstreamAnswer,
  call: ForwardCall,
  grant: Grant,
  ctx: Context,
): Promise<Result<Reply>> {
  const { reply } = call.operation;
  if (answer.status < 300 && reply.contains === 'persons' && call.format === 'json') {
    return streamPage(answer, call, grant, ctx);
  }
  const text = await readText(answer, answer.status < 300 ? LIMITS.replyBytesMax : LIMITS.errorBytesMax);
  if (!text.ok) return text;
  const { status, retryAfterSeconds } = answer;
  const meaning = interpret({ status, retryAfterSeconds, text: text.value }, ctx.services.scrubs);
  switch (meaning.kind) {
    case 'success':
      return narrowed(meaning, call, grant, ctx);
    case 'refusal':
      return meaning.status === 404 && call.operation.slicing.kind !== 'filtered'
        ? ok(noSuchPerson(ctx.log))
        : refused(withoutWords(meaning), ctx.log);
    case 'failure':
      return refused(meaning, ctx.log);
  }
}

/** PostHog quotes what it was sent, which is more than the client wrote, and what it has, which may be hidden. */
const withoutWords = (meaning: Extract<Interpretation, { kind: 'refusal' }>): typeof meaning => ({
  ...meaning,
  body: {
    type: 'invalid_request',
    code: 'upstream_refused',
    attr: null,
    detail: 'PostHog refused the request.',
  },
});

function narrowed(meaning: Success, call: ForwardCall, grant: Grant, ctx: Context): Result<Reply> {
  const { status, json } = meaning;
  const { contains } = call.operation.reply;
  if (json === undefined) return ok({ status, type: null, body: null });
  if (contains === 'nothing') return ok(untouched(meaning, call));
  if (!isJsonObject(json)) return err(notWhatItShouldBe());
  const visibility = visibilityOf(grant);
  switch (contains) {
    case 'persons':
    case 'activity':
    case 'cohorts':
      return ok(table(json, call, grant, ctx, status));
    case 'person':
      return ok(
        isOwn(json, grant) ? jsonReply(status, redactPerson(json, visibility)) : noSuchPerson(ctx.log),
      );
    case 'past_person':
      return ok(
        isOwn(json, grant) ? jsonReply(status, redactPastPerson(json, visibility)) : noSuchPerson(ctx.log),
      );
    case 'person_map':
      return personMap(json, call, grant, status);
    case 'timeline':
      return ok(jsonReply(status, redactTimeline(json, visibility)));
  }
}

/** Rows that are read whole: of activity, of cohorts, or of anything that becomes a table. */
function table(envelope: JsonObject, call: ForwardCall, grant: Grant, ctx: Context, status: number): Reply {
  const visibility = visibilityOf(grant);
  const { rows: where, contains } = call.operation.reply;
  const found = rowsOf(envelope, where);
  const own = contains === 'persons' ? found.filter((row) => isOwn(row, grant)) : found;
  ctx.log.foreignRows += found.length - own.length;
  const rows = own.map((row) => {
    if (contains === 'persons') return redactPerson(row, visibility);
    return contains === 'cohorts'
      ? redactCohort(row, visibility, grant.slices)
      : redactActivity(row, visibility, grant.slices);
  });
  const links = linksOf(call, envelope, ctx.request);
  return call.format === 'json'
    ? jsonReply(status, { ...envelope, results: rows, ...links })
    : tableReply(status, rows, links);
}

/** Only what was asked for: a key that was not is nobody's business to explain. */
function personMap(json: JsonObject, call: ForwardCall, grant: Grant, status: number): Result<Reply> {
  const results: Json | undefined = json['results'];
  if (!isJsonObject(results)) return err(notWhatItShouldBe());
  const asked = new Set(Object.values(call.input).flat());
  const answered = Object.fromEntries(Object.entries(results).filter(([key]) => asked.has(key)));
  return ok(jsonReply(status, { results: redactPersonMap(answered, visibilityOf(grant), grant.slices) }));
}

/** Nothing of any person's properties is in it. */
function untouched({ status, text, json }: Success, call: ForwardCall): Reply {
  return call.format === 'csv' && isJsonObject(json)
    ? tableReply(status, rowsOf(json, call.operation.reply.rows), {})
    : { status, type: 'application/json', body: text };
}

const notWhatItShouldBe = () =>
  failure('upstream_reply_invalid', 'PostHog answered something else than was asked for.');
