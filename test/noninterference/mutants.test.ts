/** The property finds every check that is taken out of the gateway, by a call that the check is there for. */
import { expect, test } from 'vitest';
import { CATALOGUE } from '../../src/catalogue/index.ts';
import type { Operation } from '../../src/catalogue/operation.ts';
import { SEED } from '../support/properties/runs.ts';
import { MUTANTS } from './mutants.ts';
import { pairOf, type Oracle } from './play.ts';
import type { Replacement } from './replace-exports.ts';
import { interferenceIn, runPlan, type Plan } from './run.ts';
import { startWorld } from './world.ts';

/** Fewer scenes than the property has: a missing check shows soon. */
const SEARCH: Plan = { seed: SEED, scenes: 12, sequencesEach: 40, stepsMax: 5, shrinks: false };
const PATIENCE_MS = 600_000;

async function search(oracle: Oracle, replacements: readonly Replacement[], plan = SEARCH): Promise<void> {
  const worlds = await Promise.all([startWorld('B', replacements), startWorld('B', replacements)]);
  try {
    await runPlan(pairOf(worlds, oracle), plan);
  } finally {
    await Promise.all(worlds.map((world) => world.stop()));
  }
}

interface Search {
  /** The check that is gone. */
  readonly check: string;
  readonly replacements: readonly Replacement[];
  /** The operations that the check is there for. */
  readonly guards: (operation: Operation) => boolean;
}

async function expectFound(oracle: Oracle, { replacements, guards }: Search): Promise<void> {
  const guarded = new Set<string>(CATALOGUE.filter(guards).map(({ id }) => id));
  const error: unknown = await search(oracle, replacements).then(
    () => null,
    (reason: unknown) => reason,
  );
  const found = interferenceIn(error);
  expect(found, `nothing was found: ${String(error)}`).not.toBeNull();
  const culprits = found?.operations.filter((id) => guarded.has(id));
  expect(culprits, `${found?.operations.join(' ')}: ${found?.message}`).not.toEqual([]);
}

test.each<Search>([
  {
    check: 'the filter of the slice',
    replacements: [MUTANTS.filter],
    guards: ({ slicing }) => slicing.kind === 'filtered',
  },
  {
    check: 'the check of a retrieved person',
    replacements: [MUTANTS.retrieved],
    guards: ({ reply }) => reply.contains === 'person',
  },
  {
    check: 'the check of the persons in a map',
    replacements: [MUTANTS.maps],
    guards: ({ reply }) => reply.contains === 'person_map',
  },
  {
    check: 'the redaction of cohorts',
    replacements: [MUTANTS.cohorts],
    guards: ({ reply }) => reply.contains === 'cohorts',
  },
  {
    check: 'the look-up of a named person',
    replacements: [MUTANTS.named],
    guards: ({ slicing }) => slicing.kind === 'named',
  },
  {
    check: 'the look into the deletion log',
    replacements: [MUTANTS.logged],
    guards: ({ slicing }) => slicing.kind === 'logged',
  },
  {
    check: 'the check of the ids of a bulk delete',
    replacements: [MUTANTS.listDeletions],
    guards: ({ id }) => id === 'persons_bulk_delete',
  },
  {
    check: 'the check of the person of a delete',
    replacements: [MUTANTS.personDeletions],
    guards: ({ effect, slicing }) => effect === 'delete' && slicing.kind === 'named',
  },
])(
  'The property finds a gateway that lacks $check',
  (mutant) => expectFound('identical', mutant),
  PATIENCE_MS,
);

test.each<Search>([
  {
    check: 'the check of rows in pages',
    replacements: [MUTANTS.upstream, MUTANTS.pages],
    guards: ({ reply }) => reply.contains === 'persons',
  },
  {
    check: 'the check of rows in tables',
    replacements: [MUTANTS.upstream, MUTANTS.tables],
    guards: ({ reply }) => reply.contains === 'persons',
  },
])(
  'The property finds a gateway that lacks $check where PostHog ignores the filter',
  (mutant) => expectFound('contained', mutant),
  PATIENCE_MS,
);

test(
  'No answer has data of others in it where PostHog ignores the filter',
  async () => {
    await search('contained', [MUTANTS.upstream], { ...SEARCH, scenes: 5 });
  },
  PATIENCE_MS,
);
