/** The tombstones that a shield keeps: answered for once they are true everywhere, and kept over a restart. */
import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, vi } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import type { Tombstone } from '../../../src/core/shield/tombstones.ts';
import type { Remote } from '../../../src/objects/remote.ts';
import type { Shield } from '../../../src/objects/shield/shield.ts';
import { setTime, testAt } from '../../support/objects/clock.ts';

const { SHIELD } = env as unknown as { SHIELD: DurableObjectNamespace<Shield> };

const NOW = Date.parse('2031-05-01T12:00:00.000Z');
const test = testAt(NOW);
const TERM_MS = LIMITS.tombstoneLeaseMs;
const ADA: Tombstone = { key: 'acme/1/0', by: 'distinct_ids', ids: ['ada'] };
const BOB: Tombstone = { key: 'acme/1/1', by: 'distinct_ids', ids: ['bob'] };
const CYD: Tombstone = { key: 'acme/10/0', by: 'distinct_ids', ids: ['cyd'] };

const fresh = () => SHIELD.getByName(crypto.randomUUID()) as unknown as Remote<Shield> & DurableObjectStub;

/** A shield that has been up for a term, and the waits of its answers in milliseconds. */
async function rested() {
  const shield = fresh();
  await shield.endTombstones('nothing');
  setTime(NOW + TERM_MS);
  const timer = vi.spyOn(globalThis, 'setTimeout');
  const waits = () => timer.mock.calls.map(([, ms]) => ms);
  return { shield, waits };
}

/** A chunk of 40,000 persons. */
const chunk = (nth: number): Tombstone => ({
  key: `birch/${nth}/0`,
  by: 'uuids',
  ids: Array.from({ length: 40_000 }, (_, i) => `${nth}-${i}`),
});

describe('Tombstones of a shield', () => {
  test('A shield tells what an asker does not know, and what has ended', async () => {
    const shield = fresh();
    await shield.bury([ADA]);
    await shield.bury([CYD]);
    expect(await shield.news([], 'tombstones')).toMatchObject({ added: [ADA, CYD], ended: [] });
    expect(await shield.news([ADA.key, 'acme/0/0'], 'tombstones')).toMatchObject({
      added: [CYD],
      ended: ['acme/0/0'],
    });
  });

  test('The end of a deletion ends the tombstones of all its chunks, and of no other deletion', async () => {
    const shield = fresh();
    await shield.bury([ADA, BOB, CYD]);
    await shield.endTombstones('acme/1/');
    expect(await shield.news([ADA.key, BOB.key, CYD.key], 'tombstones')).toMatchObject({
      added: [],
      ended: [ADA.key, BOB.key],
    });
  });

  test('A burial waits for the end of what was told before it', async () => {
    const { shield, waits } = await rested();
    await shield.news([], 'tombstones');
    setTime(NOW + TERM_MS + 50);
    await shield.bury([ADA]);
    expect(waits()).toContain(TERM_MS - 50);
  });

  test('A burial waits for nothing where nobody was told anything within a term', async () => {
    const { shield, waits } = await rested();
    await shield.bury([ADA]);
    expect(waits()).toEqual([]);
  });

  test('A shield that has just started takes itself to have told something at its start', async () => {
    const shield = fresh();
    await shield.bury([ADA]);
    await evictDurableObject(shield);
    const timer = vi.spyOn(globalThis, 'setTimeout');
    await shield.bury([BOB]);
    expect(timer.mock.calls.map(([, ms]) => ms)).toContain(TERM_MS);
  });

  test('Tombstones outlive the shield that keeps them', async () => {
    const shield = fresh();
    await shield.bury([ADA]);
    await evictDurableObject(shield);
    expect(await shield.news([], 'tombstones')).toMatchObject({ added: [ADA], ended: [] });
  });

  test('The same chunk is buried once, whatever a later attempt says', async () => {
    const shield = fresh();
    await shield.bury([ADA]);
    expect(await shield.bury([{ ...ADA, ids: ['bob'] }])).toBe(1);
    expect(await shield.news([], 'tombstones')).toMatchObject({ added: [ADA], ended: [] });
  });

  test('A tombstone whose end nobody tells lasts for its longest time', async () => {
    const shield = fresh();
    await shield.bury([ADA]);
    setTime(NOW + LIMITS.tombstoneMsMax);
    await shield.bury([BOB]);
    expect(await shield.news([ADA.key], 'tombstones')).toMatchObject({ added: [BOB], ended: [ADA.key] });
  });

  test('A shield has tombstones for a bounded number of persons, and room again when some end', async () => {
    const shield = fresh();
    for (let nth = 0; nth < LIMITS.tombstonePersonsMax / 40_000; nth += 1)
      expect(await shield.bury([chunk(nth)])).toBe(1);
    expect(await shield.bury([ADA])).toBe(0);
    await shield.endTombstones('birch/0/');
    expect(await shield.bury([ADA])).toBe(1);
  });
});
