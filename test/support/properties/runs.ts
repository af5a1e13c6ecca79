/** How the properties run: by one seed, so that a failure today is a failure tomorrow. */

/** From the environment to try others; fast-check prints it, and the path to the smallest case, when one fails. */
export const SEED = Number(process.env['FC_SEED'] ?? 20_261_123);

export const runs = (numRuns: number) => ({ seed: SEED, numRuns });
