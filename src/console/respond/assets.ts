/** The style sheet, the script and the icon, which the build made. */
import type { ConsoleEnv } from '../config.ts';
import { withHeaders } from './headers.ts';

const TYPES: Readonly<Record<string, string>> = {
  'console.css': 'text/css; charset=utf-8',
  'console.js': 'text/javascript; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};
/** The host means nothing: the binding looks at the path. */
const ASSETS_ORIGIN = 'https://assets.invalid';

/** @throws where the deploy left one out. */
export async function asset({ ASSETS }: ConsoleEnv, request: Request, name: string): Promise<Response> {
  const type = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
  if (type === undefined) return withHeaders(new Response(null, { status: 404 }));
  const found = await ASSETS.fetch(`${ASSETS_ORIGIN}/${name}`);
  if (!found.ok) throw new Error(`The asset ${name} was answered with ${found.status}.`);
  const bytes = await found.arrayBuffer();
  const tag = await tagOf(bytes);
  // Asked for with every page, and sent again only where it is another one.
  const headers = { 'Cache-Control': 'no-cache', 'Content-Type': type, ETag: tag };
  return withHeaders(
    request.headers.get('if-none-match') === tag
      ? new Response(null, { status: 304, headers })
      : new Response(bytes, { headers }),
  );
}

const TAG_BYTES = 12;

async function tagOf(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes), 0, TAG_BYTES);
  return `"${digest.toHex()}"`;
}
