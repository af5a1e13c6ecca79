/** Where the objects of a gateway live: one function leads to all of them. The local runtime has no jurisdictions. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, expectTypeOf, test } from 'vitest';
import { placementOf } from '../src/config.ts';
import type { Location } from '../src/core/placement.ts';
import { objectNamed, type Objects, type Remote } from '../src/objects/remote.ts';
import type { Tenant } from '../src/objects/tenant/tenant.ts';

/** A binding whose objects say how they were asked for. */
function binding(asked: string[]): Objects<Tenant> {
  const object = {} as Remote<Tenant>;
  return {
    getByName: (name, options) => {
      asked.push([name, options?.locationHint].filter((part) => part !== undefined).join('@'));
      return object;
    },
    jurisdiction: (where) => ({
      getByName: (name, options) => binding(asked).getByName(`${where}:${name}`, options),
    }),
  };
}

test('An object is asked for within the jurisdiction that the gateway names, and anywhere where it names none', () => {
  const asked: string[] = [];
  for (const jurisdiction of [null, 'eu', 'fedramp'] as const)
    objectNamed(binding(asked), 'acme', { jurisdiction, location: null });
  expect(asked).toEqual(['acme', 'eu:acme', 'fedramp:acme']);
});

test('An object is asked for with the location that the gateway names, within its jurisdiction', () => {
  const asked: string[] = [];
  objectNamed(binding(asked), 'acme', { jurisdiction: null, location: 'enam' });
  objectNamed(binding(asked), 'acme', { jurisdiction: 'eu', location: 'weur' });
  expect(asked).toEqual(['acme@enam', 'eu:acme@weur']);
});

test('The locations are those that the platform has', () => {
  expectTypeOf<Location>().toEqualTypeOf<DurableObjectLocationHint>();
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
  expect(placementOf({}).jurisdiction).toBeNull();
  expect(placementOf({ OBJECTS_JURISDICTION: '' }).jurisdiction).toBeNull();
  expect(placementOf({ OBJECTS_JURISDICTION: 'eu' }).jurisdiction).toBe('eu');
  expect(() => placementOf({ OBJECTS_JURISDICTION: 'EU' })).toThrow('must be eu, fedramp, or empty');
});

test('Objects that look for other objects name the location that the gateway names', () => {
  expect(placementOf({}).location).toBeNull();
  expect(placementOf({ OBJECTS_LOCATION: '' }).location).toBeNull();
  expect(placementOf({ OBJECTS_LOCATION: 'weur' }).location).toBe('weur');
  expect(() => placementOf({ OBJECTS_LOCATION: 'frankfurt' })).toThrow('must be one of wnam, enam, ');
});
