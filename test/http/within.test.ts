/** Waiting for what may never answer. */
import { afterEach, expect, test, vi } from 'vitest';
import { within } from '../../src/objects/within.ts';

afterEach(() => vi.useRealTimers());

test('A wait ends as what it waits for', async () => {
  expect(await within(1000, Promise.resolve('here'))).toBe('here');
  await expect(within(1000, Promise.reject(new Error('broken')))).rejects.toThrow('broken');
});

test('A wait for what never answers ends when its time is up', async () => {
  vi.useFakeTimers();
  const ended = vi.fn();
  within(1000, new Promise(() => undefined)).catch(ended);
  await vi.advanceTimersByTimeAsync(999);
  expect(ended).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(ended).toHaveBeenCalledExactlyOnceWith(new Error('There was no answer within 1000 ms.'));
});

test('A wait that has ended leaves no timer behind', async () => {
  vi.useFakeTimers();
  await within(1000, Promise.resolve());
  expect(vi.getTimerCount()).toBe(0);
});
