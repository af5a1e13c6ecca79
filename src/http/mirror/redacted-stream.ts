/** A page of persons, checked and redacted row by row as it arrives: never the page as a whole in memory. */
import type { Json, JsonObject } from '../../core/json.ts';
import { ok, type Result } from '../../core/result.ts';
import type { ConstrainedCall } from '../../policy/constrain.ts';
import type { Grant } from '../../policy/grant.ts';
import { redactPerson } from '../../policy/redact.ts';
import { visibilityOf } from '../../policy/visibility.ts';
import { inSlice } from '../../policy/slice.ts';
import { chunksOfAnswer } from '../../upstream/body.ts';
import type { UpstreamAnswer } from '../../upstream/transport.ts';
import { startPage, type RowVerdict } from '../../upstream/page/stream.ts';
import { scrubStream } from '../../upstream/scrub.ts';
import type { Context, Reply } from '../context.ts';
import { linksOf } from './links.ts';

type ForwardCall = Extract<ConstrainedCall, { kind: 'forward' }>;

/** Matched and not returned: persons that are gone, of whatever slice they were (PostHog contract §5). */
const MISSING = 'missing_persons';

/** The client's page, as PostHog's arrives. Foreign rows are counted for the log line, which waits for the end. */
export async function streamPage(
  answer: UpstreamAnswer,
  call: ForwardCall,
  grant: Grant,
  { services, log, request }: Context,
): Promise<Result<Reply>> {
  const { promise: sent, resolve: end } = Promise.withResolvers<void>();
  const member = (name: string, value: Json): Json | undefined => {
    if (name === MISSING && grant.slices.length > 0) return undefined;
    const link: Json | undefined = new Map<string, Json>(
      Object.entries(linksOf(call, { [name]: value }, request)),
    ).get(name);
    return link === undefined ? value : link;
  };
  const page = await startPage(
    chunksOfAnswer(answer),
    { rows: call.operation.reply.rows ?? 'results', judge: judgeOf(grant), member },
    ({ rowsIn, rowsOut, flaw }) => {
      log.foreignRows = rowsIn - rowsOut;
      // Too late for another answer: the stream breaks off, and the line says why.
      if (flaw !== null) log.code = 'upstream_reply_invalid';
      end();
    },
    answer.brokenOff,
  );
  if (!page.ok) return page;
  const body = page.value.pipeThrough(scrubStream(services.config.upstream.key));
  return ok({ status: answer.status, type: 'application/json', body, sent });
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
