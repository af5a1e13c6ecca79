/** Origins a grant can list: of web pages, of browser extensions and of the native shells that apps run in. */

const EXAMPLES =
  'https://app.example.com, chrome-extension://<32 letters>, capacitor://localhost or tauri://localhost';
const UUID = /^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/;

/** How the browsers write the host of an extension's origin. */
const EXTENSION_HOSTS: ReadonlyMap<string, RegExp> = new Map([
  ['chrome-extension', /^[a-p]{32}$/],
  ['moz-extension', UUID],
  ['safari-web-extension', UUID],
]);

/** Schemes whose pages have no origin of their own, or that are no pages. */
const NO_ORIGIN: ReadonlySet<string> = new Set(
  'about blob data filesystem ftp javascript mailto view-source ws wss'.split(' '),
);

const ORIGIN = /^(?<scheme>[a-z][a-z0-9+.-]*):\/\/(?<host>[A-Za-z0-9._-]+)(?<port>:[1-9][0-9]{0,4})?$/;

/** Is it the origin of a web page, letter for letter as browsers write it? */
export const isWebOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;

/** Is the host of a web origin the machine that the browser runs on? */
export function isLoopback(origin: string): boolean {
  const host = URL.canParse(origin) ? new URL(origin).hostname : '';
  return /(?:^|\.)localhost\.?$|^127(?:\.\d+){3}$|^0\.0\.0\.0$|^\[::1?\]$/.test(host);
}

/** Why a text is no origin that a grant can list; `null` where it is one, exactly as a browser sends it. */
export function originProblem(text: string): string | null {
  if (text === 'null' || text.startsWith('file:')) {
    return (
      'must tell one page from another: null and file:// are sent by every sandboxed frame and every file. ' +
      `Serve the page from an origin of its own, like ${EXAMPLES}`
    );
  }
  if (text.includes('*')) return `must be one origin, without *. List each, like ${EXAMPLES}`;
  if (/^https?:/.test(text)) {
    return isWebOrigin(text)
      ? null
      : 'must be an origin as a browser sends it, like https://app.example.com: in lower case, without a path or a ' +
          'slash at the end, and without the port that its scheme has anyway';
  }
  const { scheme = '', host = '', port } = ORIGIN.exec(text)?.groups ?? {};
  if (scheme === '' || NO_ORIGIN.has(scheme))
    return `must be an origin as a browser sends it, like ${EXAMPLES}`;
  const extension = EXTENSION_HOSTS.get(scheme);
  return extension === undefined || (extension.test(host) && port === undefined)
    ? null
    : `must name the extension as the browser does: ${scheme}:// and its id, which is ` +
        (extension === UUID ? 'a UUID' : '32 letters from a to p');
}
