/** JSON cut into its parts as they are written, because reading a number and writing it again may change its digits. */

import { isMembers } from '../../input/files.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The members of an answer. @throws SyntaxError where it is cut off, or is no JSON object. */
export function membersOfAnswer(text: string): Map<string, string> {
  if (isMembers(JSON.parse(text))) return writtenMembers(text);
  throw new SyntaxError('The answer is no JSON object.');
}

/** The members of an object, by name, as they are written. */
export function writtenMembers(object: string): Map<string, string> {
  const members = new Map<string, string>();
  for (const part of partsOf(object)) {
    const nameEnd = endOfString(part, part.indexOf('"') + 1);
    const name: unknown = JSON.parse(part.slice(0, nameEnd));
    if (typeof name === 'string') members.set(name, part.slice(part.indexOf(':', nameEnd) + 1).trim());
  }
  return members;
}

/** The items of a list, as they are written. */
export const writtenItems = (list: string): readonly string[] => partsOf(list);

/** In one line: line breaks stand between parts of JSON only, never in its texts. */
export const inOneLine = (json: string): string => json.replaceAll(/[\r\n]+\s*/g, '');

/** What stands between the outermost brackets, cut at the commas. The text is JSON, which its reader has checked. */
function partsOf(json: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  const cut = (at: number): void => {
    const part = json.slice(from, at).trim();
    if (part !== '') parts.push(part);
    from = at + 1;
  };
  for (let at = 0; at < json.length; at += 1) {
    switch (json.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(json, at + 1) - 1;
        break;
      case 0x7b:
      case 0x5b:
        depth += 1;
        if (depth === 1) from = at + 1;
        break;
      case 0x7d:
      case 0x5d:
        depth -= 1;
        if (depth === 0) cut(at);
        break;
      case 0x2c:
        if (depth === 1) cut(at);
    }
  }
  return parts;
}

/** The position behind the quote that ends the text that `from` is in. */
function endOfString(json: string, from: number): number {
  for (let at = from; at < json.length; at += 1) {
    const char = json.charCodeAt(at);
    if (char === QUOTE) return at + 1;
    if (char === BACKSLASH) at += 1;
  }
  return json.length;
}
