/**
 * The least that a gateway with this one's promises does for a read, without a token, a rate or a grant: PostHog is asked under
 * a deadline, the page is known to be JSON before any of it is sent, the answer has the headers that every answer has, and
 * one log line is written. What this Worker costs over the bare one is the price of the promises; the rest is the gateway's own.
 */
interface Env {
  readonly POSTHOG_HOST: string;
  readonly POSTHOG_PERSONAL_API_KEY: string;
}

interface Execution {
  readonly waitUntil: (work: Promise<unknown>) => void;
}

const TIMEOUT_MS = 30_000;

const FIXED_HEADERS = new Headers({
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Content-Type': 'application/json',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=63072000; includeSubDomains',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  Vary: 'Origin',
});

export default {
  fetch(request: Request, env: Env, execution: Execution): Promise<Response> {
    const requestId = crypto.randomUUID();
    const answered = answer(request, env, requestId);
    execution.waitUntil(writeLine(request, requestId, answered));
    return answered;
  },
};

async function writeLine(request: Request, requestId: string, answered: Promise<Response>): Promise<void> {
  const startedMs = Date.now();
  const { status } = await answered;
  const line = {
    at: new Date(startedMs).toISOString(),
    request_id: requestId,
    method: request.method,
    status,
    duration_ms: Date.now() - startedMs,
  };
  console.log(JSON.stringify(line));
}

async function answer(request: Request, env: Env, requestId: string): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
  try {
    const asked = await fetch(env.POSTHOG_HOST + pathname + search, {
      headers: { Authorization: `Bearer ${env.POSTHOG_PERSONAL_API_KEY}`, Accept: 'application/json' },
      redirect: 'manual',
      cache: 'no-store',
      signal: abort.signal,
    });
    const bytes = await asked.bytes();
    JSON.parse(new TextDecoder().decode(bytes));
    const response = new Response(bytes, { status: asked.status, headers: FIXED_HEADERS });
    response.headers.set('X-Request-Id', requestId);
    response.headers.set('RateLimit', '"tenant";r=1000;t=60');
    response.headers.set('RateLimit-Policy', '"tenant";q=1000;w=60');
    return response;
  } finally {
    clearTimeout(timer);
  }
}
