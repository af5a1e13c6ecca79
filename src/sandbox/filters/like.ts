/** Makes the test of a pattern of SQL's ILIKE, which may match any part of the text. */
export function containsLike(pattern: string): (value: string) => boolean {
  const source = pattern.replaceAll(/\\?[\s\S]/gu, (part) => {
    if (part === '%') return '[\\s\\S]*';
    if (part === '_') return '[\\s\\S]';
    const plain = part.length > 1 && part.startsWith('\\') ? part.slice(1) : part;
    return plain.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  });
  const expression = new RegExp(source, 'i');
  return (value) => expression.test(value);
}
