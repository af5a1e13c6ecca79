/**
 * Non-interference: two worlds differ in people who are not Acme's, and in nothing else. Whatever Acme calls, in
 * whatever order, both answer the same to the byte, and leave the others as they were.
 */
import { afterAll, beforeAll, describe, test } from 'vitest';
import { SEED } from '../support/properties/runs.ts';
import { pairOf } from './play.ts';
import { runPlan } from './run.ts';
import { startWorld, type World } from './world.ts';

/** Two thousand sequences in all; most in the generation that most gateways stand in front of. */
const SHARES = [
  { generation: 'B', scenes: 10 },
  { generation: 'A', scenes: 5 },
  { generation: 'C', scenes: 5 },
] as const;
const SEQUENCES_EACH = 100;
const STEPS_MAX = 5;
const PATIENCE_MS = 600_000;

describe.concurrent.each(SHARES)('Non-interference in generation $generation', ({ generation, scenes }) => {
  let worlds: [World, World];
  beforeAll(async () => {
    worlds = await Promise.all([startWorld(generation), startWorld(generation)]);
  });
  afterAll(() => Promise.all(worlds.map((world) => world.stop())));

  test(
    'A tenant learns nothing of others by any sequence of calls, and changes nothing of theirs',
    async (context) => {
      const pair = pairOf(worlds);
      const plan = { seed: SEED, scenes, sequencesEach: SEQUENCES_EACH, stepsMax: STEPS_MAX };
      const played = await runPlan(pair, plan);
      context.expect(played).toBe(scenes * SEQUENCES_EACH);
      // Most of what is refused is refused for naming others: enough has to be answered for the rest to mean something.
      context.expect(pair.stats.successes).toBeGreaterThan(pair.stats.calls / 4);
    },
    PATIENCE_MS,
  );
});
