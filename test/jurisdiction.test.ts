/** Where the objects of a gateway live: one function leads to all of them. The local runtime has no jurisdictions. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { jurisdictionOf } from '../src/config.ts';
import { objectNamed, type Objects, type Remote } from '../src/objects/remote.ts';
import type { Tenant } from '../src/objects/tenant/tenant.ts';

/** A binding whose objects say how they were asked for. */
function binding(asked: string[]): Objects<Tenant> {
  const object = {} as Remote<Tenant>;
  return {
    getByName: (name) => {
      asked.push(name);
      return object;
    },
    jurisdiction: (where) => ({
      getByName: (name) => {
        asked.push(`${where}:${name}`);
        return object;
      },
    }),
  };
}

test('An object is asked for within the jurisdiction that the gateway names, and anywhere where it names none', () => {
  const asked: string[] = [];
  for (const where of [null, 'eu', 'fedramp'] as const) objectNamed(binding(asked), 'acme', where);
  expect(asked).toEqual(['acme', 'eu:acme', 'fedramp:acme']);
});

test('No other code of the gateway makes the id of an object', () => {
  const source = join(import.meta.dirname, '../src');
  const makers = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.startsWith('sandbox/'))
    .filter((file) =>
      /\b(?:getByName|idFromName|idFromString|newUniqueId)\(/.test(readFileSync(join(source, file), 'utf8')),
    );
  expect(makers).toEqual(['objects/remote.ts']);
});

test('A jurisdiction that the platform does not have stops the gateway, and the log', () => {
  expect(jurisdictionOf({})).toBeNull();
  expect(jurisdictionOf({ OBJECTS_JURISDICTION: '' })).toBeNull();
  expect(jurisdictionOf({ OBJECTS_JURISDICTION: 'eu' })).toBe('eu');
  expect(() => jurisdictionOf({ OBJECTS_JURISDICTION: 'EU' })).toThrow('must be eu, fedramp, or empty');
});
