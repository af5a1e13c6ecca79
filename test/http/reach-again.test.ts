/** Shields that have just restarted, as the log of a tenant meets them. */
import { describe, expect, test } from 'vitest';
import type { Deletion } from '../../src/catalogue/deletion.ts';
import { DeletionId, ProjectId } from '../../src/core/ids.ts';
import type { Placement } from '../../src/core/placement.ts';
import type { Tombstone } from '../../src/core/shield/tombstones.ts';
import { Burials, shieldKeeper, type TombstoneKeeper } from '../../src/objects/deletion-log/burials.ts';
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

const BULK: Deletion = {
  operation: 'persons_bulk_delete',
  projectId: PROJECT,
  target: { kind: 'distinct_ids', ids: ['ada'] },
  flags: { delete_events: false, delete_recordings: false, keep_person: false },
};

/** The tombstones of one deletion, whose keeper answers the first call to `bury` as a test says. */
function burying(first: () => Promise<number>) {
  const calls: string[] = [];
  const called = (what: string) => {
    calls.push(what);
    return Promise.resolve();
  };
  const keeper: TombstoneKeeper = {
    bury: (_, tombstones) => {
      const isFirst = !calls.includes('bury');
      calls.push('bury');
      return isFirst ? first() : Promise.resolve(tombstones.length);
    },
    end: () => called('end'),
    forget: () => called('forget'),
    unreachable: () => undefined,
  };
  const row = { entry: 1, id: DeletionId.parse(`del_${'a'.repeat(22)}`), project_id: 1 };
  const exec = (query: string) => ({ toArray: () => (query.startsWith('SELECT entry') ? [row] : []) });
  return { calls, burials: new Burials({ exec } as unknown as SqlStorage, keeper) };
}

describe('Answers from before a deletion', () => {
  test('Answers are forgotten after a deletion whose persons could not be hidden', async () => {
    const { calls, burials } = burying(() => Promise.reject(new Error('out of reach')));
    expect(await burials.bury(1, 0, BULK, 0)).toBe(true);
    await burials.forget(1, 0, BULK, 'all');
    expect(calls).toEqual(['bury', 'forget']);
  });

  test('Answers are forgotten after a deletion that named persons beyond those that are hidden', async () => {
    const { calls, burials } = burying(() => Promise.resolve(1));
    await burials.bury(1, 0, BULK, 0);
    await burials.forget(1, 0, BULK, 'some');
    expect(calls).toEqual(['bury', 'forget']);
  });

  test('Answers are not forgotten a second time where a tombstone hides the persons', async () => {
    const { calls, burials } = burying(() => Promise.resolve(1));
    await burials.bury(1, 0, BULK, 0);
    await burials.forget(1, 0, BULK, 'all');
    expect(calls).toEqual(['bury']);
  });
});
