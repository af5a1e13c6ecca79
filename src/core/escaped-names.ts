/**
 * Names of members that are written with an escape. V8 12.8 to 14.6, which Node 24 and 26 have, may read one as another
 * name that objects before it had: behind `{"a":1,"\\":1}`, the name in `{"a":1,"\"":1}` is read as a backslash.
 * What is hidden by name would go out under another one. Source: https://github.com/nodejs/node/issues/63785
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = /[ \t\n\r]*/y;
const WORD = /[^ \t\n\r,\]}]*/y;

/** Is a name of a member written with an escape? The text is JSON. */
export function hasEscapedName(text: string): boolean {
  for (let at = text.indexOf('\\'); at !== -1;) {
    const end = endOfString(text, at);
    if (text[behind(SPACE, text, end)] === ':') return true;
    at = text.indexOf('\\', end);
  }
  return false;
}

/** The value of a text that is JSON, its names each read by itself. `leaf` reads strings, numbers and words. */
export function readNameByName(text: string, leaf: (literal: string) => unknown): unknown {
  let at = 0;
  const behindSpace = (): string | undefined => {
    at = behind(SPACE, text, at);
    return text[at];
  };
  const literal = (): string => {
    const from = at;
    at = text.charCodeAt(at) === QUOTE ? endOfString(text, at + 1) : behind(WORD, text, at);
    return text.slice(from, at);
  };
  const all = <T>(close: string, one: () => T): readonly T[] => {
    const found: T[] = [];
    at += 1;
    for (let next = behindSpace(); next !== close; next = behindSpace()) {
      if (next === ',') {
        at += 1;
        behindSpace();
      }
      found.push(one());
    }
    at += 1;
    return found;
  };
  const member = (): readonly [string, unknown] => {
    const name: unknown = JSON.parse(literal());
    behindSpace();
    at += 1;
    return [String(name), value()];
  };
  const value = (): unknown => {
    const first = behindSpace();
    if (first === '[') return all(']', value);
    return first === '{' ? Object.fromEntries(all('}', member)) : leaf(literal());
  };
  return value();
}

function behind(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  pattern.exec(text);
  return pattern.lastIndex;
}

/** The position behind the quote that ends the string that `from` is in. */
function endOfString(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) return at + 1;
    if (char === BACKSLASH) at += 1;
  }
  return text.length;
}
