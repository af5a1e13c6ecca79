/** The digest of a list of persons is the one that an auditor computes from the UTF-8 bytes of the ids. */
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestOf } from '../../../src/objects/deletion-log/digest.ts';

/** As the docstring of `digestOf` says, over buffers. */
function digestOfBytes(ids: readonly string[]): string {
  const lines = [...new Set(ids)]
    .map((id) => Buffer.from(id.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')))
    .toSorted((left, right) => Buffer.compare(left, right))
    .flatMap((line) => [line, Buffer.from('\n')]);
  return `sha256:${createHash('sha256').update(Buffer.concat(lines)).digest('hex')}`;
}

/** Characters whose order in UTF-16 is another than in UTF-8, and those that are escaped. */
const odd = fc.constantFrom(
  'a',
  'B',
  '\n',
  '\\',
  '\0',
  'é',
  '\u{d7ff}',
  '\u{e000}',
  '\u{ffff}',
  '\u{1f600}',
  '\u{10ffff}',
);
const id = fc.oneof(
  fc.uuid(),
  fc.array(odd, { maxLength: 4 }).map((parts) => parts.join('')),
);

test('A digest is that of the ids sorted by their UTF-8 bytes, each once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(id, { maxLength: 12 }), async (ids) => {
      expect(await digestOf(ids)).toBe(digestOfBytes(ids));
    }),
    { seed: 8, numRuns: 2000 },
  );
});
