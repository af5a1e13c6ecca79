/** A page of PostHog's, passed on in several ways. `/<way>/<rows>`. No token, no limit, no log: only what a page costs. */
import { failure } from '../../src/core/failure.ts';
import { isJsonObject, parseJson, type JsonObject } from '../../src/core/json.ts';
import { chunksOf } from '../../src/upstream/chunks.ts';
import { PageRewriter, type PageRewrite, type RowVerdict } from '../../src/upstream/page/rewriter.ts';
import { startPage } from '../../src/upstream/page/stream.ts';
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

const keep = (row: JsonObject): RowVerdict => ({ kind: inSlice(row) ? 'keep' : 'drop' });

function redact(row: JsonObject): RowVerdict {
  if (!inSlice(row)) return { kind: 'drop' };
  const shown = Object.entries(row['properties'] ?? {}).filter(([name]) => !HIDDEN.has(name));
  return { kind: 'rewrite', row: { ...row, properties: Object.fromEntries(shown) } };
}

const rewriteWith = (judge: PageRewrite['judge']): PageRewrite => ({
  rows: 'results',
  judge,
  member: (name, value) => (name === 'next' ? 'https://gateway.test/' : value),
});

const headers = { 'Content-Type': 'application/json' };

async function rewritten(source: ReadableStream<Uint8Array>, judge: PageRewrite['judge'], scrub: boolean) {
  const page = await startPage(
    scrub ? chunkScrubberOf('phx_notInAnyPage')(chunksOf(source)) : chunksOf(source),
    rewriteWith(judge),
    () => undefined,
    () => failure('upstream_unreachable', 'lost'),
  );
  if (!page.ok) return new Response(page.failure.detail, { status: 502 });
  return new Response(page.value, { headers });
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
  const page = new PageRewriter(rewriteWith(keep));
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
      case 'keep':
        return rewritten(response.body, keep, false);
      case 'keep+scrub':
        return rewritten(response.body, keep, true);
      case 'redact':
        return rewritten(response.body, redact, false);
      case 'whole':
        return whole(response);
      case 'held':
        return held(response.body);
      default:
        return new Response('no such way', { status: 404 });
    }
  },
};
