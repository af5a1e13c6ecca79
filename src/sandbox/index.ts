import { deliver } from './wire/deliver.ts';
import { parseTarget } from './wire/target.ts';
import type { Env } from './world.ts';

export { World } from './world.ts';

const WHAT_THIS_IS =
  'The Hedgerow sandbox: a PostHog persons API for development and tests, under /api/; its controls are under /_sandbox/.\n';

/** The entry: reads the request whole, lets the world answer it, and writes the answer, whole or broken. */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    if (parseTarget(request.url).path === '/') {
      return new Response(WHAT_THIS_IS, { headers: { 'content-type': 'text/plain; charset=utf-8' } });
    }
    const answer = await env.WORLD.getByName('world').answer({
      method: request.method,
      url: request.url,
      headers: Object.fromEntries(request.headers),
      body: await request.text(),
    });
    return deliver(answer);
  },
} satisfies ExportedHandler<Env>;
