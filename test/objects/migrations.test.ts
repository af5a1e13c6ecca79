import { env } from 'cloudflare:workers';
import { runInDurableObject } from 'cloudflare:test';
import { expect, test } from 'vitest';
import type { Directory } from '../../src/objects/directory/directory.ts';
import { migrate, MigrationError, type Migration } from '../../src/objects/migrations.ts';

const { DIRECTORY } = env as unknown as { DIRECTORY: DurableObjectNamespace<Directory> };

const ONE: Migration = { name: 'one', sql: 'CREATE TABLE one (n INTEGER); INSERT INTO one VALUES (1)' };
const TWO: Migration = { name: 'two', sql: 'CREATE TABLE two (n INTEGER)' };
const BROKEN: Migration = {
  name: 'broken',
  sql: 'INSERT INTO one VALUES (2); INSERT INTO nowhere VALUES (1)',
};

/** Runs `act` on the storage of a fresh object, wiped of what the object's own constructor made. */
const onStorage = (act: (storage: DurableObjectStorage) => void) =>
  runInDurableObject(DIRECTORY.getByName(crypto.randomUUID()), async (_, state) => {
    await state.storage.deleteAll();
    act(state.storage);
  });

const rowsOf = (storage: DurableObjectStorage, table: string) =>
  storage.sql.exec(`SELECT * FROM ${table}`).toArray();

test('Every step is applied once, however often the object starts', () =>
  onStorage((storage) => {
    migrate(storage, [ONE]);
    migrate(storage, [ONE]);
    expect(rowsOf(storage, 'one')).toEqual([{ n: 1 }]);
  }));

test('A step added later is applied to storage that has the earlier ones', () =>
  onStorage((storage) => {
    migrate(storage, [ONE]);
    migrate(storage, [ONE, TWO]);
    expect(rowsOf(storage, 'one')).toEqual([{ n: 1 }]);
    expect(rowsOf(storage, 'two')).toEqual([]);
  }));

test('A step that fails half way leaves nothing behind and is not recorded', () =>
  onStorage((storage) => {
    expect(() => migrate(storage, [ONE, BROKEN])).toThrow(/nowhere/);
    expect(rowsOf(storage, 'one')).toEqual([{ n: 1 }]);
    expect(rowsOf(storage, 'schema_steps')).toEqual([{ step: 1, name: 'one' }]);
  }));

test('Storage newer than the code is refused', () =>
  onStorage((storage) => {
    migrate(storage, [ONE, TWO]);
    expect(() => migrate(storage, [ONE])).toThrow(MigrationError);
  }));

test('A step renamed or put in before others is refused, and changes nothing', () =>
  onStorage((storage) => {
    migrate(storage, [ONE]);
    expect(() => migrate(storage, [TWO, ONE])).toThrow(/step 1 is recorded as "one"/);
    expect(() => rowsOf(storage, 'two')).toThrow(/no such table/);
  }));

test('Two steps of one name are refused', () =>
  onStorage((storage) => {
    expect(() => migrate(storage, [ONE, ONE])).toThrow(MigrationError);
  }));
