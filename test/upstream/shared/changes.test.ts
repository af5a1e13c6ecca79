/** Changes of a project whose object is out of reach for a while. */
import { describe, expect, test } from 'vitest';
import { ProjectId } from '../../../src/core/ids.ts';
import { Changes } from '../../../src/upstream/shared/changes.ts';

const ONE = ProjectId.parse(1);
const OTHER = ProjectId.parse(2);

/** An object of which the first calls fail. */
function failing(failures: number) {
  let calls = 0;
  const pauses: number[] = [];
  const reported: unknown[] = [];
  const changes = new Changes({
    tell: () => {
      calls += 1;
      return calls <= failures ? Promise.reject(new Error('out of reach')) : Promise.resolve();
    },
    pause: (ms) => {
      pauses.push(ms);
      return Promise.resolve();
    },
    unreachable: (error) => reported.push(error),
  });
  return { changes, calls: () => calls, pauses, reported };
}

describe('Changes of a project', () => {
  test('An object that can be reached is told once', async () => {
    const { changes, calls, pauses } = failing(0);
    await changes.changed(ONE);
    expect([calls(), pauses, await changes.areTold(ONE)]).toEqual([1, [], true]);
    expect(calls()).toBe(1);
  });

  test('An object that restarts is told at the second call, without a wait', async () => {
    const { changes, calls, pauses, reported } = failing(1);
    await changes.changed(ONE);
    expect([calls(), pauses, reported]).toEqual([2, [0], []]);
  });

  test('An object that stays out of reach is told before an answer of its project is shared again', async () => {
    const { changes, calls, reported } = failing(5);
    await changes.changed(ONE);
    expect([calls(), reported.length]).toEqual([4, 1]);
    expect(await changes.areTold(OTHER)).toBe(true);
    expect(calls()).toBe(4);
    expect(await changes.areTold(ONE)).toBe(false);
    expect(await changes.areTold(ONE)).toBe(true);
    expect(await changes.areTold(ONE)).toBe(true);
    expect(calls()).toBe(6);
  });

  test('A change that could not be told while an earlier one was being told is not told with it', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const answers: (() => Promise<void>)[] = [];
    const changes = new Changes({
      tell: () => answers.shift()?.() ?? Promise.reject(new Error('out of reach')),
      pause: () => Promise.resolve(),
      unreachable: () => undefined,
    });
    await changes.changed(ONE);
    answers.push(() => promise);
    const earlier = changes.areTold(ONE);
    await changes.changed(ONE);
    resolve();
    await earlier;
    expect(await changes.areTold(ONE)).toBe(false);
  });
});
