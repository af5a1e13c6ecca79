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
  const encoder = new TextEncoder();
  const lines = distinct(ids)
    .map((id) => encoder.encode(escaped(id)))
    .toSorted(compareBytes);
  const bytes = await new Blob(lines.flatMap((line) => [line, '\n'])).arrayBuffer();
  const hash = await crypto.subtle.digest('SHA-256', bytes);
  return `sha256:${new Uint8Array(hash).toHex()}`;
}

const escaped = (id: string): string => id.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

/** JavaScript sorts strings by UTF-16 units, which is another order than that of UTF-8 bytes. */
function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const shared = Math.min(left.length, right.length);
  for (let at = 0; at < shared; at += 1) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
