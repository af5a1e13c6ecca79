/** Runs the property: some pairs of worlds, and in each as many sequences of calls as asked for. */
import * as fc from 'fast-check';
import { sequences } from './calls.ts';
import { scenes } from './scenes.ts';
import { Interference, type Pair } from './play.ts';

export interface Plan {
  readonly seed: number;
  readonly scenes: number;
  readonly sequencesEach: number;
  readonly stepsMax: number;
  /** Ends early, after a scene; the default never does. */
  readonly enough?: () => boolean;
  /** Look for a smaller case of what failed? A mutant only has to be caught. */
  readonly shrinks?: boolean;
}

/** Throws the counterexample, with the scene it happened in; gives the number of sequences played. */
export async function runPlan(pair: Pair, plan: Plan): Promise<number> {
  let played = 0;
  const drawn = fc.sample(scenes, { seed: plan.seed, numRuns: plan.scenes });
  for (const [nth, scene] of drawn.entries()) {
    if (plan.enough?.() === true) break;
    const property = fc.asyncProperty(sequences(scene, plan.stepsMax), async (steps) => {
      played += 1;
      await pair.play(steps);
    });
    try {
      await pair.enter(scene);
      await fc.assert(property, {
        seed: plan.seed + nth,
        numRuns: plan.sequencesEach,
        endOnFailure: plan.shrinks === false,
      });
      await pair.leave();
    } catch (error) {
      const where = `Scene ${nth} of seed ${plan.seed} (FC_SEED=${plan.seed} plays it again):`;
      throw new Error(`${where}\n${JSON.stringify(scene)}`, { cause: error });
    }
  }
  return played;
}

/** The interference that a failed plan came from, if it was one. */
export const interferenceIn = (error: unknown): Interference | null => {
  if (error instanceof Interference) return error;
  return error instanceof Error ? interferenceIn(error.cause) : null;
};
