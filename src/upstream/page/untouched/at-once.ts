/** Passes on answers that are there at once: known to be JSON first, and with only the links of a page written anew. */
import { parseJson } from '../../../core/json.ts';
import { isLinkName, type LinkOf } from '../links.ts';
import { CHAR } from '../tokens.ts';
import { behindSpace, endOfJson, endOfObjects } from './validator.ts';

/** Bytes in which the rows begin, or it is another form. */
const HEAD_BYTES = 4096;
/** One character of each byte, so that places in the text are places in the bytes. */
const BYTES_AS_TEXT = new TextDecoder('latin1');
/** A member of printable ASCII without escapes: its name and its value, or the bracket of a list. */
const MEMBER = /"([ !#-[\]-~]*)":(?:("[ !#-[\]-~]*"|null|true|false|0|[1-9][0-9]{0,14}),|\[)/y;

/** Whether the answer is one object or list. */
export function isJsonAtOnce(bytes: Uint8Array): boolean {
  const end = endOfJson(bytes, behindSpace(bytes, 0));
  return end !== -1 && behindSpace(bytes, end) === bytes.length;
}

/**
 * A page with its links replaced, where it is written as PostHog writes it: scalars, the rows, and nothing behind them.
 * `null` where it is of another form, has a row that cannot go out, or is no page.
 */
export function pageAtOnce(bytes: Uint8Array, linkOf: LinkOf): Uint8Array | null {
  const head = headOf(bytes);
  if (head === null) return null;
  const first = behindSpace(bytes, head.rowsAt + 1);
  const end = behindSpace(bytes, endOfObjects(bytes, first));
  if (bytes[end] !== CHAR.closeList || bytes[end + 1] !== CHAR.closeObject) return null;
  if (behindSpace(bytes, end + 2) < bytes.length) return null;
  let written = '';
  let from = 0;
  for (const { name, literal, at } of head.scalars) {
    const ours = isLinkName(name) ? linkOf(name, parseJson(literal) ?? null) : undefined;
    if (ours === undefined) continue;
    written += head.text.slice(from, at) + JSON.stringify(ours);
    from = at + literal.length;
  }
  return from === 0 ? bytes : beginningWith(written, bytes.subarray(from));
}

interface WrittenScalar {
  readonly name: string;
  readonly literal: string;
  /** Where the literal begins. */
  readonly at: number;
}

/** Everything in front of the rows, each name once. */
function headOf(
  bytes: Uint8Array,
): { readonly text: string; readonly scalars: readonly WrittenScalar[]; readonly rowsAt: number } | null {
  const text = BYTES_AS_TEXT.decode(bytes.subarray(0, HEAD_BYTES));
  if (!text.startsWith('{')) return null;
  const scalars: WrittenScalar[] = [];
  MEMBER.lastIndex = 1;
  for (let member = MEMBER.exec(text); member !== null; member = MEMBER.exec(text)) {
    const [, name = '', literal] = member;
    if (scalars.some((other) => other.name === name)) return null;
    if (literal === undefined)
      return name === 'results' ? { text, scalars, rowsAt: MEMBER.lastIndex - 1 } : null;
    if (name === 'results') return null;
    scalars.push({ name, literal, at: MEMBER.lastIndex - 1 - literal.length });
  }
  return null;
}

function beginningWith(text: string, rest: Uint8Array): Uint8Array {
  const beginning = new TextEncoder().encode(text);
  const bytes = new Uint8Array(beginning.length + rest.length);
  bytes.set(beginning);
  bytes.set(rest, beginning.length);
  return bytes;
}
