/**
 * Non-interference: two worlds differ in people who are not Acme's, and in nothing else. Whatever Acme calls, in
 * whatever order, both answer the same to the byte, and leave the others as they were.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SEED } from '../support/properties/runs.ts';
import { CUTS, mutantWith, type Cut } from './mutants.ts';
import { pairOf, type Oracle } from './play.ts';
import { isInterference, runPlan, type Plan } from './run.ts';
import { startWorld, type Sources, type World } from './world.ts';

/** Two thousand sequences in all; most in the generation that most gateways stand in front of. */
const SHARES = [
  { generation: 'B', scenes: 10 },
  { generation: 'A', scenes: 5 },
  { generation: 'C', scenes: 5 },
] as const;
const SEQUENCES_EACH = 100;
const STEPS_MAX = 5;
const PATIENCE_MS = 600_000;

describe.concurrent.each(SHARES)('in generation $generation', ({ generation, scenes }) => {
  let worlds: [World, World];
  beforeAll(async () => {
    worlds = await Promise.all([startWorld(generation), startWorld(generation)]);
  });
  afterAll(() => Promise.all(worlds.map((world) => world.stop())));

  test(
    'no sequence of calls tells a tenant anything of others, nor changes anything of theirs',
    async (context) => {
      const pair = pairOf(worlds);
      const plan = { seed: SEED, scenes, sequencesEach: SEQUENCES_EACH, stepsMax: STEPS_MAX };
      const played = await runPlan(pair, plan);
      context.expect(played).toBe(scenes * SEQUENCES_EACH);
      // Most of what is refused is refused for naming others: enough has to be answered for the rest to mean something.
      context.expect(pair.stats.successes).toBeGreaterThan(pair.stats.calls / 3);
    },
    PATIENCE_MS,
  );
});

/** Fewer scenes: what is left open shows soon. */
const SEARCH: Plan = { seed: SEED, scenes: 12, sequencesEach: 40, stepsMax: STEPS_MAX, shrinks: false };

async function search(sources: Sources, oracle: Oracle, plan: Plan): Promise<void> {
  const worlds = await Promise.all([startWorld('B', sources), startWorld('B', sources)]);
  try {
    await runPlan(pairOf(worlds, oracle), plan);
  } finally {
    await Promise.all(worlds.map((world) => world.stop()));
  }
}

async function searchWithout(oracle: Oracle, cuts: readonly Cut[], plan = SEARCH): Promise<void> {
  const mutant = mutantWith(...cuts);
  try {
    await search(mutant, oracle, plan);
  } finally {
    mutant.remove();
  }
}

describe('the property fails', () => {
  test.each<[what: string, cuts: readonly Cut[]]>([
    ['the filter of the slice', [CUTS.filter]],
    ['the filter and the check of rows', [CUTS.filter, CUTS.streamedRows, CUTS.tableRows]],
    ['the look at whom a call names', [CUTS.named]],
    ['the look at whom a bulk delete names', [CUTS.resolved]],
    ['the look at whom a delete names', [CUTS.deletedOne]],
    ['the check of persons in a map', [CUTS.mapped]],
    ['the look into the deletion log', [CUTS.logged]],
    ['the redaction of cohorts', [CUTS.cohorts]],
  ])(
    'without %s',
    async (_, cuts) => {
      await expect(searchWithout('identical', cuts)).rejects.toSatisfy(isInterference);
    },
    PATIENCE_MS,
  );

  test.each<[what: string, cut: Cut]>([
    ['streamed pages', CUTS.streamedRows],
    ['tables', CUTS.tableRows],
  ])(
    'without the check of rows in %s, where PostHog ignores the filter',
    async (_, cut) => {
      await expect(searchWithout('contained', [CUTS.upstream, cut])).rejects.toSatisfy(isInterference);
    },
    PATIENCE_MS,
  );
});

test(
  'where PostHog ignores the filter, nothing of others is in any answer all the same',
  async () => {
    await searchWithout('contained', [CUTS.upstream], { ...SEARCH, scenes: 5 });
  },
  PATIENCE_MS,
);
