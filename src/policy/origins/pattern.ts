/**
 * Patterns of web origins: `https://*.previews.acme.example` and `https://acme-*.vercel.app`. The `*` stands for letters,
 * digits and hyphens within the first label of the host, never for a dot. Who can register names that a pattern matches is
 * for the operator to know, who alone makes patterns.
 */
import { isWebOrigin } from './origin.ts';

/** Two fixed labels at least stand behind the one with `*`. */
const PATTERN = /^https:\/\/[a-z0-9-]*\*[a-z0-9-]*(?:\.[a-z0-9-]+){2,}(?::[1-9][0-9]{0,4})?$/;
const ONE_LABEL = /^[a-z0-9-]*$/;
const ANY_PORT = ':*';
/** In Punycode, which browsers may show as other letters. */
const ENCODED_LABEL = 'https://xn--';

export const isPattern = (text: string): boolean => text.includes('*');

/** Why a text with `*` is no pattern that a record can list; `null` where it is one. */
export const patternProblem = (text: string): string | null =>
  PATTERN.test(text) && !text.startsWith(ENCODED_LABEL) && isWebOrigin(text.replace('*', 'x'))
    ? null
    : 'must have its one * in the first label of the host, of an https origin in lower case, with two labels or more ' +
      'behind that one, like https://*.previews.example.com or https://acme-*.example.com';

/** Is a page of this origin meant by one of the origins and patterns? */
export const allowsOrigin = (allowed: readonly string[], origin: string): boolean =>
  allowed.some((one) => (isPattern(one) ? matches(one, origin) : one === origin));

/** What is matched is an origin as browsers write it, so that no other host can be meant by the same text. */
function matches(pattern: string, origin: string): boolean {
  if (pattern.endsWith(ANY_PORT)) {
    const host = pattern.slice(0, -ANY_PORT.length);
    return origin === host || (origin.startsWith(`${host}:`) && isWebOrigin(origin));
  }
  const { before, after } = partsOf(pattern);
  const between = origin.slice(before.length, origin.length - after.length);
  return (
    origin.startsWith(before) &&
    origin.endsWith(after) &&
    between !== '' &&
    ONE_LABEL.test(between) &&
    !origin.startsWith(ENCODED_LABEL) &&
    isWebOrigin(origin)
  );
}

/** Does the outer pattern match whatever the inner one matches? */
export function liesWithin(inner: string, outer: string): boolean {
  const [narrow, wide] = [partsOf(inner), partsOf(outer)];
  return (
    narrow.before.startsWith(wide.before) &&
    narrow.after.endsWith(wide.after) &&
    ONE_LABEL.test(narrow.after.slice(0, narrow.after.length - wide.after.length))
  );
}

function partsOf(pattern: string): { readonly before: string; readonly after: string } {
  const [before = '', after = ''] = pattern.split('*');
  return { before, after };
}

/** Pages on the machine of the person who opens them, at any port or none. */
export const DEVELOPMENT_ORIGINS: readonly string[] = [
  'http://localhost:*',
  'http://127.0.0.1:*',
  'http://[::1]:*',
  'https://localhost:*',
];
