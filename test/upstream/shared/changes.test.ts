/** Changes of a project whose object is out of reach for a while. */
import { describe, expect, test } from 'vitest';
import { ProjectId } from '../../../src/core/ids.ts';
import { Changes } from '../../../src/upstream/shared/changes.ts';

const ONE = ProjectId.parse(1);
const OTHER = ProjectId.parse(2);

const LATER_MS = 2000;

/** An object of which the first calls fail. Time between calls passes at once, or between those after the answer never. */
function failing(failures: number, time: 'passes' | 'stops' = 'passes') {
  let calls = 0;
  const pauses: number[] = [];
  const later: Promise<unknown>[] = [];
  const reported: unknown[] = [];
  const changes = new Changes({
    tell: () => {
      calls += 1;
      return calls <= failures ? Promise.reject(new Error('out of reach')) : Promise.resolve();
    },
    pause: (ms) => {
      pauses.push(ms);
      return time === 'stops' && ms === LATER_MS ? new Promise<void>(() => undefined) : Promise.resolve();
    },
    unreachable: (error) => reported.push(error),
  });
  const changed = (projectId: ProjectId) => changes.changed(projectId, (work) => later.push(work));
  return { changes, changed, later, calls: () => calls, pauses, reported };
}

describe('Changes of a project', () => {
  test('An object that can be reached is told once', async () => {
    const { changes, changed, calls, pauses } = failing(0);
    await changed(ONE);
    expect([calls(), pauses, await changes.areTold(ONE)]).toEqual([1, [], true]);
    expect(calls()).toBe(1);
  });

  test('An object that restarts is told at the second call, without a wait', async () => {
    const { changed, later, calls, pauses, reported } = failing(1);
    await changed(ONE);
    expect([calls(), pauses, reported, later]).toEqual([2, [0], [], []]);
  });

  test('An object that stays out of reach is told before an answer of its project is shared again', async () => {
    const { changes, changed, calls, reported } = failing(5, 'stops');
    await changed(ONE);
    expect([calls(), reported.length]).toEqual([4, 1]);
    expect(await changes.areTold(OTHER)).toBe(true);
    expect(calls()).toBe(4);
    expect(await changes.areTold(ONE)).toBe(false);
    expect(await changes.areTold(ONE)).toBe(true);
    expect(await changes.areTold(ONE)).toBe(true);
    expect(calls()).toBe(6);
  });

  test('An object that stays out of reach is told as soon as it can be reached, after the client was answered', async () => {
    const { changed, changes, later, calls, pauses } = failing(7);
    await changed(ONE);
    expect(later.length).toBe(1);
    await Promise.all(later);
    expect([calls(), pauses.slice(3)]).toEqual([8, Array(4).fill(LATER_MS)]);
    expect(await changes.areTold(ONE)).toBe(true);
    expect(calls()).toBe(8);
  });

  test('An object that cannot be reached for half a minute is told no more, and again after the next change', async () => {
    const { changed, later, calls } = failing(100);
    await changed(ONE);
    await Promise.all(later);
    expect(calls()).toBe(4 + 14);
    await changed(ONE);
    expect(later.length).toBe(2);
  });

  test('A later change is told on too where the runtime ended the work for an earlier one', async () => {
    const { changed, later } = failing(100, 'stops');
    await changed(ONE);
    await changed(ONE);
    expect(later.length).toBe(2);
  });

  test('A change that could not be told while an earlier one was being told is not told with it', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const answers: (() => Promise<void>)[] = [];
    const changes = new Changes({
      tell: () => answers.shift()?.() ?? Promise.reject(new Error('out of reach')),
      pause: () => Promise.resolve(),
      unreachable: () => undefined,
    });
    await changes.changed(ONE, () => undefined);
    answers.push(() => promise);
    const earlier = changes.areTold(ONE);
    await changes.changed(ONE, () => undefined);
    resolve();
    await earlier;
    expect(await changes.areTold(ONE)).toBe(false);
  });
});
