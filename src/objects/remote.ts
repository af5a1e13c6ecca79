import type { DurableObject } from 'cloudflare:workers';
import type { Jurisdiction, Location, Placement } from '../core/placement.ts';

/**
 * An object as its callers see it: its own public methods, each answered later with plain data. Written out because
 * the platform's stub types lose track of tagged unions and branded ids.
 */
export type Remote<T extends DurableObject> = {
  readonly [K in Exclude<keyof T, keyof DurableObject> as T[K] extends Method ? K : never]: T[K] extends (
    ...args: infer A
  ) => infer R
    ? (...args: A) => Promise<Awaited<R>>
    : never;
};

type Method = (...args: never[]) => unknown;

/** A binding to a class of objects, one per name. */
export interface Objects<T extends DurableObject> {
  /** The platform heeds the hint when it makes the object, and never after. */
  readonly getByName: (name: string, options?: { readonly locationHint: Location }) => Remote<T>;
  /** The same class, with objects that never leave a jurisdiction: other objects, whatever their names. */
  readonly jurisdiction: (name: Jurisdiction) => Pick<Objects<T>, 'getByName'>;
}

/** The one way to an object. `placement` is where the gateway's objects live. */
export const objectNamed = <T extends DurableObject>(
  objects: Objects<T>,
  name: string,
  { jurisdiction, location }: Placement,
): Remote<T> =>
  (jurisdiction === null ? objects : objects.jurisdiction(jurisdiction)).getByName(
    name,
    ...(location === null ? [] : [{ locationHint: location }]),
  );

/**
 * Calls an object once more where the first call failed: one that was just restarted answers the second. Only for what may be
 * done twice. Each call takes a stub of its own, because a stub that has failed once fails always.
 */
export const reachAgain = <T>(call: () => Promise<T>): Promise<T> => call().catch(call);
