/**
 * What JSON allows and readers disagree on or lose: an object that names a member twice means one thing to a reader
 * that takes the first and another to a reader that takes the last; a number that is too large or too long for a double
 * would be passed on as another number.
 * Depth is bounded here too, before anything recursive sees the text.
 */
import { isJsonObject, type Json } from './json.ts';

const NUMBER = /-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** Every decimal number of so many digits comes back out of a double as it went in. */
const DIGITS_MAX = 15;

/** Says what is wrong with a JSON text, or `null`. Text that is not JSON at all may pass: parsing finds that. */
export function strictJsonProblem(text: string, depthMax: number): string | null {
  /** The names seen in each open object; `null` for an open array. */
  const open: (Set<string> | null)[] = [];
  let nameComes = false;
  for (let i = 0; i < text.length; i += 1) {
    switch (text[i]) {
      case '"': {
        const end = endOfString(text, i);
        if (nameComes) {
          const name = nameIn(text.slice(i, end + 1));
          const names = open.at(-1);
          if (names?.has(name) === true) return `names ${name.slice(0, 100)} twice in one object`;
          names?.add(name);
          nameComes = false;
        }
        i = end;
        break;
      }
      case '{':
      case '[':
        open.push(text[i] === '{' ? new Set() : null);
        if (open.length > depthMax) return `is nested deeper than ${depthMax} levels`;
        nameComes = text[i] === '{';
        break;
      case '}':
      case ']':
        open.pop();
        nameComes = false;
        break;
      case ',':
        nameComes = open.at(-1) instanceof Set;
        break;
      default: {
        NUMBER.lastIndex = i;
        const [number] = NUMBER.exec(text) ?? [];
        if (number === undefined) break;
        if (!survives(number)) return 'holds a number that would not be kept exactly: send it as text';
        i += number.length - 1;
      }
    }
  }
  return null;
}

/** Is a number the same after it was read? Beyond 15 digits, only where it is written as the double it becomes is. */
function survives(number: string): boolean {
  const value = Number(number);
  const digits = number
    .replace(/[eE].*$/, '')
    .replaceAll(/[-.]/g, '')
    .replace(/^0+/, '');
  if (!Number.isFinite(value) || (value === 0 && digits !== '')) return false;
  return digits.length <= DIGITS_MAX || (String(value) === number && !beyondSafe(value));
}

const beyondSafe = (value: number): boolean => Number.isInteger(value) && !Number.isSafeInteger(value);

/** Is there a member called `__proto__`? Much that copies objects, schemas among it, drops it without a word. */
export function namesPrototype(json: Json): boolean {
  if (Array.isArray(json)) return json.some((item: Json) => namesPrototype(item));
  return (
    isJsonObject(json) &&
    Object.entries(json).some(([name, member]) => name === '__proto__' || namesPrototype(member))
  );
}

/** True where a JSON text nests more than `depthMax` levels. `JSON.parse` reads such a text; `JSON.stringify` may have no stack for its value. */
export function isDeeperThan(depthMax: number, text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i];
    if (char === '"') i = endOfString(text, i);
    else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') depth -= 1;
    if (depth > depthMax) return true;
  }
  return false;
}

/** Names are compared as they are meant: `"a"` and `"\u0061"` are one. */
function nameIn(literal: string): string {
  if (!literal.includes('\\')) return literal.slice(1, -1);
  try {
    const name: unknown = JSON.parse(literal);
    return String(name);
  } catch {
    return literal;
  }
}

function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i += 1) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === '"') return i;
  }
  return text.length;
}
