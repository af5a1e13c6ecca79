/** All pieces in one array, in their order; the piece itself where only one has bytes. */
export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array {
  const filled = pieces.filter(({ byteLength }) => byteLength > 0);
  const [only] = filled;
  if (filled.length <= 1) return only ?? new Uint8Array(0);
  const whole = new Uint8Array(filled.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const piece of filled) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}
