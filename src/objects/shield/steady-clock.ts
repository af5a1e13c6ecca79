/** A clock that never runs back: after the machine's clock was set back it goes on from where it stood. */
export function steadyClock(nowMs: () => number): () => number {
  let seenMs = nowMs();
  let aheadMs = 0;
  return () => {
    const readMs = nowMs();
    aheadMs += Math.max(0, seenMs - readMs);
    seenMs = readMs;
    return readMs + aheadMs;
  };
}
