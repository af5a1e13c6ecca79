/** The digest by which an auditor recognises a list of persons without having to trust who shows it. */

/** Every id once. */
export const distinct = <T extends string>(ids: readonly T[]): T[] => [...new Set(ids)];

/**
 * `sha256:` and the hex SHA-256 of the ids: every id once, one per line, the lines sorted by their UTF-8 bytes, each
 * ended by a line feed. Inside an id a backslash is written `\\` and a line feed `\n`, so that no two lists share a
 * text. UUIDs are in lower case. For ids that hold neither of the two, an auditor computes the same with
 *
 *     LC_ALL=C sort -u ids.txt | sha256sum
 */
export async function digestOf(ids: readonly string[]): Promise<string> {
  const lines = sortedByBytes(distinct(ids).map(escaped)).map((line) => `${line}\n`);
  const hash = await crypto.subtle.digest('SHA-256', encoder.encode(lines.join('')));
  return `sha256:${new Uint8Array(hash).toHex()}`;
}

const encoder = new TextEncoder();

const escaped = (id: string): string => id.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

const SURROGATE = /[\ud800-\udfff]/;

/** JavaScript sorts strings by UTF-16 units. Where no unit is half a character, that is the order of the UTF-8 bytes too. */
function sortedByBytes(lines: readonly string[]): string[] {
  if (!lines.some((line) => SURROGATE.test(line))) return lines.toSorted();
  return lines
    .map((line) => ({ line, bytes: encoder.encode(line) }))
    .toSorted((left, right) => compareBytes(left.bytes, right.bytes))
    .map(({ line }) => line);
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const shared = Math.min(left.length, right.length);
  for (let at = 0; at < shared; at += 1) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
