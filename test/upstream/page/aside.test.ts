/** Bytes of a long row that are put aside until its end has come. */
import { expect, test } from 'vitest';
import { Aside, SPARE_BYTES } from '../../../src/upstream/page/aside.ts';

const numbered = (length: number, from: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (from + i) % 251);

test('Pieces of any size are joined in their order, and hold little more memory than they have bytes', () => {
  const sizes = [1, 20_000, 5, 16_384, 0, 16_383, 70_000, 3, 3, 40_000, 9_000, 9_000, 9_000];
  const aside = new Aside();
  for (const round of [0, 1]) {
    let length = 0;
    sizes.forEach((size, i) => {
      const bytes = numbered(size, length);
      // Every second piece is a part of a chunk.
      aside.put((i + round) % 2 === 0 ? bytes : Uint8Array.of(0, ...bytes, 0).subarray(1, size + 1));
      length += size;
      expect(aside.length).toBe(length);
      expect(aside.held).toBeGreaterThanOrEqual(length);
      expect(aside.held).toBeLessThan(length + SPARE_BYTES);
    });
    expect(Buffer.from(aside.joinedWith(numbered(7, length))).equals(numbered(length + 7, 0))).toBe(true);
    expect([aside.length, aside.held]).toEqual([0, 0]);
  }
});
