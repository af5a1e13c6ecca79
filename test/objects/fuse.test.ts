/** The fuse over the deletions of all tenants: what it lets through, what trips it, and what it never forgets. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, vi } from 'vitest';
import { TenantId, type DeletionId } from '../../src/core/ids.ts';
import { deletionIdOf } from '../../src/objects/deletion-log/id.ts';
import type { Fuse } from '../../src/objects/fuse/fuse.ts';
import { setTime, testAt } from '../support/objects/clock.ts';

const { FUSE } = env as unknown as { FUSE: DurableObjectNamespace<Fuse> };

const NOW = Date.parse('2031-05-01T12:00:00.000Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const test = testAt(NOW);

const fresh = () => FUSE.getByName(crypto.randomUUID());
const tenant = (name: string) => TenantId.parse(name);
const deletion = (nth: number): DeletionId => deletionIdOf(nth, (bytes) => new Uint8Array(bytes));

/** The nth deletion of acme, unless another tenant is named. */
const ask = (nth: number, persons: number, name = 'acme', personsPerDay = 100) => ({
  tenant: tenant(name),
  deletion: deletion(nth),
  persons,
  personsPerDay,
});
const silence = () => vi.spyOn(console, 'error').mockImplementation(() => undefined);

test('The fuse lets through what fits into any 24 hours, whichever tenant deletes', async () => {
  const fuse = fresh();
  expect(await fuse.take(ask(1, 60))).toBe(true);
  setTime(NOW + HOUR);
  expect(await fuse.take(ask(1, 40, 'other'))).toBe(true);
  expect(await fuse.status(100)).toEqual({
    persons_per_day: 100,
    remaining: 0,
    more_in_seconds: 23 * 3600,
    tripped: null,
    last_reset: null,
  });
  setTime(NOW + DAY - 1);
  expect(await fuse.status(100)).toMatchObject({ remaining: 0 });
  setTime(NOW + DAY);
  expect(await fuse.status(100)).toMatchObject({ remaining: 60 });
  expect(await fuse.take(ask(2, 60))).toBe(true);
});

test('A deletion that does not fit trips the fuse, and then none is let through until the operator resets it', async () => {
  const said = silence();
  const fuse = fresh();
  await fuse.take(ask(1, 60));
  setTime(NOW + HOUR);
  expect(await fuse.take(ask(2, 41, 'other'))).toBe(false);
  expect(said.mock.calls.map(([line]) => JSON.parse(String(line)) as unknown)).toEqual([
    {
      alarm: 'fuse_blown',
      tenant: 'other',
      deletion: deletion(2),
      persons: 41,
      persons_per_day: 100,
    },
  ]);
  expect(await fuse.take(ask(3, 1))).toBe(false);
  const tripped = {
    since: new Date(NOW + HOUR).toISOString(),
    tenant: 'other',
    deletion: deletion(2),
    persons: 41,
  };
  expect(await fuse.status(100)).toMatchObject({ remaining: 40, tripped });
  await evictDurableObject(fuse);
  setTime(NOW + 3 * DAY);
  expect(await fuse.take(ask(3, 1))).toBe(false);
  await fuse.reset('agreed on');
  expect(await fuse.status(100)).toMatchObject({
    remaining: 100,
    tripped: null,
    last_reset: { at: new Date(NOW + 3 * DAY).toISOString(), note: 'agreed on' },
  });
  expect(await fuse.take(ask(3, 100))).toBe(true);
});

test('A deletion that takes again takes nothing more, also where the fuse has tripped, was reset, or has died', async () => {
  silence();
  const fuse = fresh();
  await fuse.take(ask(1, 60));
  expect(await fuse.take(ask(1, 60))).toBe(true);
  expect(await fuse.status(100)).toMatchObject({ remaining: 40 });
  expect(await fuse.take(ask(2, 41))).toBe(false);
  await evictDurableObject(fuse);
  expect(await fuse.take(ask(1, 60))).toBe(true);
  await fuse.reset(null);
  expect(await fuse.take(ask(1, 60))).toBe(true);
  expect(await fuse.status(100)).toMatchObject({ remaining: 100 });
});

test.each([HOUR, DAY])('A deletion that takes again %d ms later counts once, from then on', async (later) => {
  const fuse = fresh();
  await fuse.take(ask(1, 60));
  setTime(NOW + later);
  expect(await fuse.take(ask(1, 60))).toBe(true);
  expect(await fuse.status(100)).toMatchObject({ remaining: 40, more_in_seconds: 24 * 3600 });
});

test('A deletion of more persons than the whole fuse trips it, however little was deleted', async () => {
  silence();
  const fuse = fresh();
  expect(await fuse.take(ask(1, 101))).toBe(false);
  expect(await fuse.status(100)).toMatchObject({ remaining: 100, tripped: { persons: 101 } });
});

test('Persons that are given back fit again, each once, and never more than were taken', async () => {
  const fuse = fresh();
  await fuse.take(ask(1, 60));
  await fuse.giveBack(ask(1, 60), 50);
  await fuse.giveBack(ask(1, 60), 50);
  expect(await fuse.status(100)).toMatchObject({ remaining: 50 });
  await fuse.giveBack(ask(1, 60), 55);
  expect(await fuse.status(100)).toMatchObject({ remaining: 50 });
  await evictDurableObject(fuse);
  expect(await fuse.status(100)).toMatchObject({ remaining: 50 });
  await fuse.giveBack(ask(1, 60), 0);
  await fuse.giveBack(ask(7, 60), 5);
  expect(await fuse.status(100)).toMatchObject({ remaining: 100 });
});

test('A deletion that was cancelled takes nothing, although its request comes late', async () => {
  const fuse = fresh();
  await fuse.giveBack(ask(1, 60), 0);
  await fuse.take(ask(1, 60));
  expect(await fuse.status(100)).toMatchObject({ remaining: 100 });
});

test('A reset of a fuse that has not tripped changes nothing', async () => {
  const fuse = fresh();
  await fuse.take(ask(1, 60));
  await fuse.reset('by mistake');
  expect(await fuse.status(100)).toMatchObject({ remaining: 40, last_reset: null });
});

test('A fuse of many callers at once never lets more persons through than fit', async () => {
  silence();
  const fuse = fresh();
  const answers = await Promise.all(
    Array.from({ length: 64 }, (_, nth) => fuse.take(ask(nth, 7, `tenant-${nth % 8}`))),
  );
  expect(answers.filter(Boolean)).toHaveLength(14);
  expect(await fuse.status(100)).toMatchObject({ remaining: 2, tripped: { persons: 7 } });
});

test('A clock that leaps ahead and comes back makes the fuse forget nothing', async () => {
  const fuse = fresh();
  await fuse.take(ask(1, 60));
  setTime(NOW + DAY);
  await fuse.take(ask(2, 10));
  setTime(NOW + HOUR);
  expect(await fuse.status(100)).toMatchObject({ remaining: 30 });
});

test('Charges of the past are pruned, so that the fuse does not grow for ever', async () => {
  const fuse = fresh();
  for (let nth = 0; nth < 30; nth += 1) {
    setTime(NOW + (nth * DAY) / 2);
    await fuse.take(ask(nth, 1));
  }
  const left = await runInDurableObject(fuse, (_, { storage }) =>
    storage.sql.exec('SELECT count(*) AS rows FROM charges').one(),
  );
  expect(left['rows']).toBeLessThan(6);
});

test.each([
  'UPDATE turns SET at = 0',
  'DELETE FROM turns',
  'INSERT OR REPLACE INTO turns SELECT * FROM turns',
])('The log of the fuse is append-only: %s fails', async (statement) => {
  silence();
  const fuse = fresh();
  await fuse.take(ask(1, 101));
  const why = await runInDurableObject(fuse, (_, { storage }) => {
    try {
      storage.sql.exec(statement);
      return null;
    } catch (error) {
      return String(error);
    }
  });
  expect(why).toContain('append-only');
});
