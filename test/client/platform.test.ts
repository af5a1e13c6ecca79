/** Waiting that a signal ends, and that leaves nothing behind on a signal that lives long. */
import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { REAL_PLATFORM, untilAborted } from '../../src/client/platform.ts';

test('A wait that is over leaves no listener on its signal, and neither does a promise that was waited for', async () => {
  const { signal } = new AbortController();
  await REAL_PLATFORM.pause(0, signal);
  expect(await untilAborted(Promise.resolve(7), signal)).toBe(7);
  await expect(untilAborted(Promise.reject(new Error('x')), signal)).rejects.toThrow('x');
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('A wait ends with the reason of its signal at once, and does not begin where that has aborted', async () => {
  const controller = new AbortController();
  const day = 86_400_000;
  const waiting = REAL_PLATFORM.pause(day, controller.signal);
  const hanging = untilAborted(new Promise<never>(() => undefined), controller.signal);
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await expect(hanging).rejects.toThrow('enough');
  await expect(REAL_PLATFORM.pause(day, controller.signal)).rejects.toThrow('enough');
  await expect(untilAborted(Promise.resolve(7), controller.signal)).rejects.toThrow('enough');
});

test('A reason that is no error is made one', async () => {
  await expect(untilAborted(new Promise(() => undefined), AbortSignal.abort())).rejects.toBeInstanceOf(Error);
  const controller = new AbortController();
  const waiting = REAL_PLATFORM.pause(1000, controller.signal);
  controller.abort('gone');
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError', message: 'gone' });
});
