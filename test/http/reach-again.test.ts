/** Shields that have just restarted, as the log of a tenant meets them. */
import { describe, expect, test } from 'vitest';
import { ProjectId } from '../../src/core/ids.ts';
import type { Placement } from '../../src/core/placement.ts';
import type { Tombstone } from '../../src/core/shield/tombstones.ts';
import { shieldKeeper } from '../../src/objects/deletion-log/burials.ts';
import type { Objects, Remote } from '../../src/objects/remote.ts';
import type { Shield } from '../../src/objects/shield/shield.ts';

const PLACEMENT: Placement = { jurisdiction: null, location: null };
const PROJECT = ProjectId.parse(1);
const ADA: Tombstone = { key: 'acme/1/0', by: 'distinct_ids', ids: ['ada'] };

/** A namespace in which the first stubs are of an object that is gone. */
function restarting(failures: number) {
  const calls: string[] = [];
  let stubs = 0;
  const getByName = (): Remote<Shield> => {
    const isBroken = (stubs += 1) <= failures;
    const method = (name: string, value: unknown) => () => {
      calls.push(name);
      return isBroken ? Promise.reject(new Error('the object restarted')) : Promise.resolve(value);
    };
    return {
      bury: method('bury', 1),
      endTombstones: method('endTombstones', 1),
      forgetAnswers: method('forgetAnswers', undefined),
    } as unknown as Remote<Shield>;
  };
  const shields: Objects<Shield> = { getByName, jurisdiction: () => ({ getByName }) };
  return { calls, keeper: shieldKeeper(shields, PLACEMENT) };
}

describe('Keeper of tombstones', () => {
  test('A shield that restarts while persons are buried buries them at the second call', async () => {
    const { calls, keeper } = restarting(1);
    expect(await keeper.bury(PROJECT, [ADA])).toBe(1);
    expect(calls).toEqual(['bury', 'bury']);
  });

  test.each(['end', 'forget'] as const)(
    'A shield that restarts is told a second time to %s',
    async (what) => {
      const { calls, keeper } = restarting(1);
      await (what === 'end' ? keeper.end(PROJECT, 'acme/1/') : keeper.forget(PROJECT));
      expect(calls).toHaveLength(2);
    },
  );

  test('A shield that fails twice is out of reach', async () => {
    const { calls, keeper } = restarting(2);
    await expect(keeper.bury(PROJECT, [ADA])).rejects.toThrow('the object restarted');
    expect(calls).toHaveLength(2);
  });
});
