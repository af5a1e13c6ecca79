/** The open plane: what anybody may see. Parameters are not looked at: monitors add some to get past caches. */
import type { ReplyOf } from '../../contract/documentation.ts';
import type { ControlRouteName } from '../../contract/routes.ts';
import { ok } from '../../core/result.ts';
import { jsonReply, type Handler } from '../context.ts';
import { documentReply } from './document.ts';
import type { Served } from './serve.ts';

const open = <N extends ControlRouteName>(name: N, handler: Handler): Served<N> => ({ name, handler });

/** `GET /healthz`: the gateway is configured and answers. Says nothing of PostHog: that is not asked. */
const HEALTHY: ReplyOf<'health'> = { status: 'ok' };
export const health = open('health', async () => ok(jsonReply(200, HEALTHY)));

/** `GET /openapi.json` */
export const openApi = open('openapi', documentReply);

/** `GET /`: a page for a browser. */
export const landing = open('landing', async () =>
  ok({
    status: 200,
    type: 'text/html; charset=utf-8',
    body: PAGE,
    headers: {
      'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    },
  }),
);

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Hedgerow</title>
<style>
  body { font: 17px/1.6 system-ui, sans-serif; max-width: 40rem; margin: 12vh auto; padding: 0 1.5rem; color: #1d2b1f; background: #f7f8f3 }
  code { background: #e6eadf; padding: .1em .3em; border-radius: .2em }
  a { color: #2f6b3a }
</style>
<h1>Hedgerow</h1>
<p>This is a gateway to PostHog's persons API. It holds the PostHog key, so that you need none: you call it with a
token that can do less.</p>
<ul>
  <li>Have a token? Send it as <code>Authorization: Bearer hgr_…</code> to <code>/api/projects/:project_id/persons/</code>,
  the same paths PostHog has. <code>GET /v1/whoami</code> says what the token may do.</li>
  <li>Need one? Ask the operator of this gateway.</li>
  <li>Everything it answers is described in <a href="/openapi.json">/openapi.json</a>.</li>
</ul>
</html>
`;
