/** A page of persons, checked and redacted row by row as it arrives: never the page as a whole in memory. */
import type { Json, JsonObject } from '../../core/json.ts';
import { ok, type Result } from '../../core/result.ts';
import type { ConstrainedCall } from '../../policy/constrain.ts';
import type { Grant } from '../../policy/grant.ts';
import { redactPerson } from '../../policy/redact.ts';
import { visibilityOf } from '../../policy/visibility.ts';
import { inSlice } from '../../policy/slice.ts';
import type { OpenAnswer } from '../../upstream/client.ts';
import { startPage, type RowVerdict } from '../../upstream/page/stream.ts';
import { JSON_TYPE, type Context, type Reply } from '../context.ts';
import { linksOf } from './links.ts';

/** Matched and not returned: persons that are gone, of whatever slice they were (PostHog contract §5). */
const MISSING = 'missing_persons';

/** The client's page, as PostHog's arrives. Foreign rows are counted for the log line, which waits for the end. */
export async function streamPage(
  answer: OpenAnswer,
  call: ConstrainedCall,
  grant: Grant,
  { log, request }: Context,
): Promise<Result<Reply>> {
  const member = (name: string, value: Json): Json | undefined => {
    if (name === MISSING && grant.slices.length > 0) return undefined;
    const link: Json | undefined = new Map<string, Json>(
      Object.entries(linksOf(call, { [name]: value }, request)),
    ).get(name);
    return link === undefined ? value : link;
  };
  const page = await startPage(
    answer.chunks(),
    { rows: call.operation.reply.rows ?? 'results', judge: judgeOf(grant), member },
    ({ rowsIn, rowsOut, flaw }) => {
      log.foreignRows = rowsIn - rowsOut;
      // Too late for another answer: the stream breaks off, and the line says why.
      if (flaw !== null) log.code = 'upstream_reply_invalid';
    },
    answer.lost,
  );
  if (!page.ok) return page;
  return ok({ status: answer.status, type: JSON_TYPE, body: page.value });
}

/** What becomes of a row. PostHog was asked for those in the slice only: another one is a fault of its filter. */
function judgeOf(grant: Grant): (row: JsonObject) => RowVerdict {
  const visibility = visibilityOf(grant);
  return (row) => {
    if (!inSlice(grant.slices, row['properties'])) return { kind: 'drop' };
    return visibility.showsEverything
      ? { kind: 'keep' }
      : { kind: 'rewrite', row: redactPerson(row, visibility) };
  };
}
