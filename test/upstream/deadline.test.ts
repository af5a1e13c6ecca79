/** How long PostHog may keep the gateway waiting: one wait, and all waits together. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startDeadline } from '../../src/upstream/deadline.ts';

const PATIENCE = { idleMs: 1000, totalMs: 3000 };
const start = () => startDeadline(PATIENCE, Date.now);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('A first byte that never comes ends the wait after the idle time', () => {
  const deadline = start();
  vi.advanceTimersByTime(999);
  expect([deadline.signal.aborted, deadline.exceededMs()]).toEqual([false, null]);
  vi.advanceTimersByTime(1);
  expect([deadline.signal.aborted, deadline.exceededMs()]).toEqual([true, 1000]);
});

test('The total time ends the wait even where bytes keep coming within the idle time', () => {
  const deadline = start();
  let bytes = 0;
  while (!deadline.signal.aborted && bytes < 100) {
    vi.advanceTimersByTime(900);
    bytes += 1;
    deadline.restart();
  }
  expect([bytes, deadline.exceededMs()]).toEqual([4, 3000]);
});

test('The time in which a client reads does not count, however long it is', () => {
  const deadline = start();
  for (let piece = 0; piece < 20; piece += 1) {
    vi.advanceTimersByTime(100);
    deadline.clear();
    vi.advanceTimersByTime(60_000);
    deadline.restart();
  }
  expect(deadline.signal.aborted).toBe(false);
  vi.advanceTimersByTime(1000);
  expect([deadline.signal.aborted, deadline.exceededMs()]).toEqual([true, 1000]);
});

test('A deadline that was cleared never ends', () => {
  const deadline = start();
  deadline.clear();
  deadline.clear();
  vi.advanceTimersByTime(100_000);
  expect(deadline.signal.aborted).toBe(false);
});
