/**
 * `npm run fuzz`: non-interference for longer than the tests take, with longer sequences, in all generations, by a seed
 * nobody chose. `--seconds N` (300) is how long; `--seed N` plays what an earlier run found.
 */
import { parseArgs } from 'node:util';
import { GENERATIONS, type Generation } from '../src/catalogue/generation.ts';
import { pairOf } from '../test/noninterference/play.ts';
import { runPlan } from '../test/noninterference/run.ts';
import { startWorld } from '../test/noninterference/world.ts';

const SCENES_MAX = 10_000;
const SEQUENCES_EACH = 60;
const STEPS_MAX = 15;
const SEEDS = 2_000_000_000;

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '300' }, seed: { type: 'string' } },
});
const seconds = wholeNumber('seconds', values.seconds);
const seed = values.seed === undefined ? Math.floor(Math.random() * SEEDS) : wholeNumber('seed', values.seed);

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 0) return number;
  throw new Error(`--${name} must be a whole number`);
}

const until = Date.now() + seconds * 1000;

/** One generation, until the time is up or something is found. */
async function run(generation: Generation): Promise<void> {
  const worlds = await Promise.all([startWorld(generation), startWorld(generation)]);
  try {
    const pair = pairOf(worlds);
    const played = await runPlan(pair, {
      seed,
      scenes: SCENES_MAX,
      sequencesEach: SEQUENCES_EACH,
      stepsMax: STEPS_MAX,
      enough: () => Date.now() > until,
    });
    const { calls, successes } = pair.stats;
    console.log(
      `generation ${generation}: ${played} sequences, ${calls} calls, ${successes} of them answered`,
    );
  } finally {
    await Promise.all(worlds.map((world) => world.stop()));
  }
}

console.log(`seed ${seed}, ${seconds} s; again with: npm run fuzz -- --seed ${seed}`);
const ended = await Promise.allSettled(GENERATIONS.map((generation) => run(generation)));
const failed = ended.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
for (const reason of failed) console.error(reason);
process.exitCode = failed.length === 0 ? 0 : 1;
