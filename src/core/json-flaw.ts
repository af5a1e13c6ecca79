/**
 * What JSON allows and readers disagree on: an object that names a member twice means one thing to whoever takes the
 * first and another to whoever takes the last. Depth is bounded here too, before anything recursive sees the text.
 */

/** Says what is wrong with a JSON text, or `null`. Text that is not JSON at all may pass: parsing finds that. */
export function flawOf(text: string, depthMax: number): string | null {
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
      default:
    }
  }
  return null;
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
