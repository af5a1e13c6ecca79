import { expect, test, vi } from 'vitest';
import { lazily } from '../../src/core/lazily.ts';

test('A lazy value is not made before it is asked for', () => {
  const make = vi.fn(() => 1);
  lazily(make);
  expect(make).not.toHaveBeenCalled();
});

test.each([{}, null, undefined, 0])(
  'A lazy value that is %j is made once, and is the same ever after',
  (value) => {
    const make = vi.fn(() => value);
    const valueOf = lazily(make);
    expect([valueOf(), valueOf()]).toEqual([value, value]);
    expect(valueOf()).toBe(value);
    expect(make).toHaveBeenCalledTimes(1);
  },
);

test('A lazy value that could not be made is tried again', () => {
  const make = vi
    .fn(() => 'made')
    .mockImplementationOnce(() => {
      throw new Error('not yet');
    });
  const valueOf = lazily(make);
  expect(valueOf).toThrow('not yet');
  expect(valueOf()).toBe('made');
});
