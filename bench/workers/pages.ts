/** A page of PostHog's, passed on in several ways. `/<way>/<rows>`. No token, no limit, no log: only what a page costs. */
import { failure } from '../../src/core/failure.ts';
import { isJsonObject, parseJson, type JsonObject } from '../../src/core/json.ts';
import { chunksOfAnswer } from '../../src/upstream/body.ts';
import { chunksOf } from '../../src/upstream/chunks.ts';
import type { RenderPlan, RowsPlan } from '../../src/upstream/page/plan.ts';
import { renderAnswer } from '../../src/upstream/page/render.ts';
import { RowRenderer } from '../../src/upstream/page/rows.ts';
import type { UpstreamAnswer } from '../../src/upstream/transport.ts';
import { chunkScrubberOf } from '../../src/upstream/scrub.ts';

interface Env {
  readonly POSTHOG_HOST: string;
}

const HIDDEN = new Set(['email', 'ssn']);

const inSlice = (row: JsonObject): boolean => {
  const properties = row['properties'];
  return (
    typeof properties === 'object' && properties !== null && Reflect.get(properties, 'tenant_id') === 'acme'
  );
};

const keep = (row: JsonObject): JsonObject | null => (inSlice(row) ? row : null);

function redact(row: JsonObject): JsonObject | null {
  if (!inSlice(row)) return null;
  const shown = Object.entries(row['properties'] ?? {}).filter(([name]) => !HIDDEN.has(name));
  return { ...row, properties: Object.fromEntries(shown) };
}

const link = (name: string) => (name === 'next' ? 'https://gateway.test/' : undefined);

const rowsWith = (judge: RowsPlan['judge'], table: RowsPlan['table'] = null): RowsPlan => ({
  rows: 'results',
  judge,
  member: (name, value) => link(name) ?? value,
  counts: new Set(),
  unreadable: 'leave_out',
  table,
});
const rowByRow = (judge: RowsPlan['judge']): RenderPlan => ({ kind: 'rows', ...rowsWith(judge) });

/** Columns as a listing of persons has them. */
const TABLE = { members: ['uuid', 'name', 'distinct_ids', 'properties'], properties: ['email'] };

const headers = { 'Content-Type': 'application/json' };
const scrub = chunkScrubberOf('phx_inNoPageAndAsLongAsTheKeysThatPostHogMakes00');

const lost = () => failure('upstream_unreachable', 'lost');

/** The answer as the transport gives it, but that it may take as long as it likes. */
const answerOf = (response: Response): UpstreamAnswer => ({
  status: response.status,
  mediaType: 'application/json',
  retryAfterSeconds: null,
  clockAheadMs: null,
  response,
  deadline: {
    signal: new AbortController().signal,
    restart: () => undefined,
    clear: () => undefined,
    exceededMs: () => null,
  },
  failure: lost,
});

async function rendered(response: Response, plan: RenderPlan, scrubbed: boolean): Promise<Response> {
  const read = () => chunksOfAnswer(answerOf(response));
  const page = await renderAnswer({ chunks: () => (scrubbed ? scrub(read()) : read()), lost }, plan);
  return page.ok
    ? new Response(page.value.body, { headers })
    : new Response(page.failure.detail, { status: 502 });
}

/** The obvious way, which holds the page whole. */
async function whole(response: Response): Promise<Response> {
  const page = parseJson(await response.text());
  if (!isJsonObject(page) || !Array.isArray(page['results'])) return new Response('no page', { status: 502 });
  return Response.json({
    ...page,
    results: page['results'].filter((row) => isJsonObject(row) && inSlice(row)),
  });
}

/** What is held of a page while it passes, at most, and in what chunks it came. Bytes. */
async function held(source: ReadableStream<Uint8Array>): Promise<Response> {
  const page = new RowRenderer(rowsWith(keep));
  const most = { chunkBytes: 0, chunks: 0, heldBytes: 0 };
  const chunks = chunksOf(source);
  for (let chunk = await chunks.read(); chunk !== null; chunk = await chunks.read()) {
    const written = page.push(chunk).length;
    most.chunks += 1;
    most.chunkBytes = Math.max(most.chunkBytes, chunk.length);
    most.heldBytes = Math.max(most.heldBytes, page.held + written);
  }
  page.end();
  return Response.json(most);
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const [, way = '', rest = ''] = /^\/([a-z+]+)\/(.*)$/.exec(new URL(request.url).pathname) ?? [];
    const response = await fetch(`${env.POSTHOG_HOST}/${rest}`);
    if (response.body === null) return new Response('no page', { status: 502 });
    switch (way) {
      case 'untouched':
        return new Response(response.body, { headers });
      case 'links':
        return rendered(response, { kind: 'bytes', page: { rows: 'results', link } }, false);
      case 'links+scrub':
        return rendered(response, { kind: 'bytes', page: { rows: 'results', link } }, true);
      case 'keep':
        return rendered(response, rowByRow(keep), false);
      case 'keep+scrub':
        return rendered(response, rowByRow(keep), true);
      case 'redact':
        return rendered(response, rowByRow(redact), false);
      case 'redact+scrub':
        return rendered(response, rowByRow(redact), true);
      case 'csv':
        return rendered(response, { kind: 'rows', ...rowsWith(keep, TABLE) }, false);
      case 'whole':
        return whole(response);
      case 'held':
        return held(response.body);
      default:
        return new Response('no such way', { status: 404 });
    }
  },
};
