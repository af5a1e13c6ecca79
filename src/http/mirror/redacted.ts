/**
 * PostHog's answer for a grant with a slice or with property rules. Whatever was asked, what comes back is judged once
 * more: a person outside the slice does not go out, and properties that are hidden do not either.
 */
import { failure } from '../../core/failure.ts';
import { isJsonObject, parseJson, type Json, type JsonObject } from '../../core/json.ts';
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
import { isInSlice } from '../../slicing/check-person.ts';
import type { OpenAnswer } from '../../upstream/client.ts';
import { rowsOf } from '../../upstream/envelope.ts';
import { jsonReply, type Context, type Reply } from '../context.ts';
import { notFound } from './enforce-slice.ts';
import { linksOf } from './links.ts';
import { streamPage } from './redacted-stream.ts';
import { tableReply } from '../reply/table.ts';

/** What is left of a success under a grant with a slice or with property rules. */
export async function redactAnswer(
  ctx: Context,
  grant: Grant,
  call: ConstrainedCall,
  answer: OpenAnswer,
): Promise<Result<Reply>> {
  if (call.operation.reply.contains === 'persons' && call.format.kind === 'json') {
    return streamPage(answer, call, grant, ctx);
  }
  const text = await answer.text(LIMITS.replyBytesMax);
  if (!text.ok) return text;
  const json = parseJson(text.value);
  if (json === undefined) return err(notWhatItShouldBe());
  return redacted({ status: answer.status, text: text.value, json }, call, grant, ctx);
}

interface Success {
  readonly status: number;
  readonly text: string;
  readonly json: Json;
}

function redacted(meaning: Success, call: ConstrainedCall, grant: Grant, ctx: Context): Result<Reply> {
  const { status, json } = meaning;
  const { contains } = call.operation.reply;
  if (contains === 'nothing') return ok(untouched(meaning, call));
  if (!isJsonObject(json)) return err(notWhatItShouldBe());
  const visibility = visibilityOf(grant);
  switch (contains) {
    case 'persons':
    case 'activity':
    case 'cohorts':
      return ok(table(json, call, grant, ctx, status));
    case 'person':
      return isInSlice(json, grant.slices)
        ? ok(jsonReply(status, redactPerson(json, visibility)))
        : err(notFound());
    case 'past_person':
      return isInSlice(json, grant.slices)
        ? ok(jsonReply(status, redactPastPerson(json, visibility)))
        : err(notFound());
    case 'person_map':
      return personMap(json, call, grant, status);
    case 'timeline':
      return ok(jsonReply(status, redactTimeline(json, visibility, grant.slices)));
  }
}

/** Rows that are read whole: of activity, of cohorts, or of anything that becomes a table. */
function table(
  envelope: JsonObject,
  call: ConstrainedCall,
  grant: Grant,
  ctx: Context,
  status: number,
): Reply {
  const visibility = visibilityOf(grant);
  const { rows: where, contains } = call.operation.reply;
  const found = rowsOf(envelope, where);
  const own = contains === 'persons' ? found.filter((row) => isInSlice(row, grant.slices)) : found;
  ctx.log.foreignRows += found.length - own.length;
  const rows = own.map((row) => {
    if (contains === 'persons') return redactPerson(row, visibility);
    return contains === 'cohorts'
      ? redactCohort(row, visibility, grant.slices)
      : redactActivity(row, visibility, grant.slices);
  });
  const links = linksOf(call, envelope, ctx.request);
  return call.format.kind === 'json'
    ? jsonReply(status, { ...envelope, results: rows, ...links })
    : tableReply(status, rows, links);
}

/** Only what was asked for: PostHog's map may hold more keys. */
function personMap(json: JsonObject, call: ConstrainedCall, grant: Grant, status: number): Result<Reply> {
  const results: Json | undefined = json['results'];
  if (!isJsonObject(results)) return err(notWhatItShouldBe());
  const asked = new Set(Object.values(call.arguments).flat());
  const answered = Object.fromEntries(Object.entries(results).filter(([key]) => asked.has(key)));
  return ok(jsonReply(status, { results: redactPersonMap(answered, visibilityOf(grant), grant.slices) }));
}

/** Nothing of any person's properties is in it. */
function untouched({ status, text, json }: Success, call: ConstrainedCall): Reply {
  return call.format.kind === 'csv' && isJsonObject(json)
    ? tableReply(status, rowsOf(json, call.operation.reply.rows), {})
    : { status, type: 'application/json', body: text };
}

const notWhatItShouldBe = () =>
  failure('upstream_reply_invalid', 'PostHog answered something else than was asked for.');
