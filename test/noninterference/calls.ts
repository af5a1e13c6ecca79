/** Sequences of calls one tenant can make: every operation of the catalogue, about its own people, others, and nobody. */
import * as fc from 'fast-check';
import { CATALOGUE, FAMILIES } from '../../src/catalogue/index.ts';
import type { Method, Operation } from '../../src/catalogue/operation.ts';
import type { Json } from '../../src/core/json.ts';
import { callOf } from '../support/calls.ts';
import { argumentsOf } from './arguments.ts';
import { poolOf, type Pool } from './pool.ts';
import type { Scene } from './scenes.ts';

/** One step, as data that can be printed and played again. */
export type Step =
  | {
      readonly kind: 'ask';
      /** The id of the operation, or the gateway's own path. */
      readonly operation: string;
      readonly method: Method;
      readonly target: string;
      readonly json: unknown;
      readonly writes: boolean;
    }
  /** Follows a link of the answer before; nothing where it has none. */
  | { readonly kind: 'follow'; readonly link: 'next' | 'previous' | 'initial' }
  /** Reads the entry of the deletion log that an answer before led to; nothing where none did. */
  | { readonly kind: 'look' };

const FOLLOWS: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Step>({ kind: 'follow', link: 'next' }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Step>(
      { kind: 'follow', link: 'previous' },
      { kind: 'follow', link: 'initial' },
    ),
  },
);

const EXPLAIN = '/v1/explain';

/** Searches of the log for a person: one of its own, one of others, or nobody. */
const searchesFor = (pool: Pool): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.oneof(
        pool.uuids.map((uuid) => `person=${uuid}`),
        pool.distinctIds.map((id) => `distinct_id=${encodeURIComponent(id)}`),
      ),
      fc.constantFrom('', '&order=oldest', '&format=ndjson&ids=true', '&state=nobody'),
    )
    .map(([person, more]) => `/v1/deletions?${person}${more}`);

/** Questions about the token and its log. */
const ownQuestions = (pool: Pool): fc.Arbitrary<Step> =>
  fc
    .oneof({ weight: 1, arbitrary: searchesFor(pool) }, { weight: 1, arbitrary: OWN_TARGETS })
    .map((target) => ({
      kind: 'ask',
      operation: target,
      method: 'GET',
      target,
      json: undefined,
      writes: false,
    }));

const OWN_TARGETS = fc.constantFrom(
  '/v1/whoami',
  '/v1/deletions',
  '/v1/deletions?limit=1',
  '/v1/deletions?format=csv',
  '/v1/deletions/refused',
  '/v1/deletions/refused?limit=1',
  '/v1/deletions?format=csv&ids=true',
  '/v1/deletions/del_AAAAAAAAAAAAAAAAAAAAAA',
);

function asks(operation: Operation, pool: Pool): fc.Arbitrary<Step> {
  return fc
    .record({
      method: fc.constantFrom(...operation.methods),
      args: argumentsOf(operation.id, pool),
      person: pool.refs,
      family: fc.constantFrom(...FAMILIES),
      slash: fc.boolean(),
      project: fc.oneof({ weight: 30, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constant(2) }),
      csv: fc.nat({ max: 7 }).map((n) => n === 0),
      explained: fc.nat({ max: 11 }).map((n) => n === 0),
    })
    .map(({ method, args, csv, explained, ...options }): Step => {
      const call = callOf(operation, method, { ...options, args: args as Record<string, Json> });
      const table = csv && operation.reply.rows !== null;
      const target = table ? `${call.target}${call.target.includes('?') ? '&' : '?'}format=csv` : call.target;
      const { json } = call;
      if (!explained)
        return {
          kind: 'ask',
          operation: operation.id,
          method,
          target,
          json,
          writes: operation.effect !== 'read',
        };
      const described = { method, path: target, ...(json === undefined ? {} : { body: json }) };
      return {
        kind: 'ask',
        operation: EXPLAIN,
        method: 'POST',
        target: EXPLAIN,
        json: described,
        writes: false,
      };
    });
}

export interface Choice {
  readonly stepsMax: number;
  /** Of the operations that only read, or of all. */
  readonly only?: 'reads';
}

function sequencesOf(pool: Pool, { stepsMax, only }: Choice): fc.Arbitrary<readonly Step[]> {
  const anyOf = (reads: boolean): fc.Arbitrary<Step> =>
    fc.oneof(
      ...CATALOGUE.filter(({ effect }) => (effect === 'read') === reads).map((one) => asks(one, pool)),
    );
  // As often a change as a read, though there are fewer of those.
  const asked = only === 'reads' ? anyOf(true) : fc.oneof(anyOf(true), anyOf(false));
  const step = fc.oneof(
    { weight: 12, arbitrary: asked },
    { weight: 4, arbitrary: FOLLOWS },
    { weight: 1, arbitrary: ownQuestions(pool) },
    ...(only === undefined ? [{ weight: 1, arbitrary: fc.constant<Step>({ kind: 'look' }) }] : []),
  );
  // The first step asks: there is nothing to follow before.
  return fc
    .tuple(asked, fc.array(step, { maxLength: stepsMax - 1 }))
    .map(([first, rest]) => [first].concat(rest));
}

/** Two in three only read, as most callers do; after a write both worlds have to be made anew. */
export function sequences(scene: Scene, stepsMax: number): fc.Arbitrary<readonly Step[]> {
  const pool = poolOf(scene);
  return fc.oneof(
    { weight: 2, arbitrary: sequencesOf(pool, { stepsMax, only: 'reads' }) },
    { weight: 1, arbitrary: sequencesOf(pool, { stepsMax }) },
  );
}
