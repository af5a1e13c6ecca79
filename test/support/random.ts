/** Chance that is the same in every run. */

/** The largest prime below 2^31 and a generator of it. */
const [MODULUS, FACTOR] = [2_147_483_647, 48_271];

/** Numbers from 0 to below 1; others for each seed. */
export function randomFrom(seed: number): () => number {
  let state = (Math.abs(seed) % (MODULUS - 1)) + 1;
  const next = () => {
    state = (state * FACTOR) % MODULUS;
    return state / MODULUS;
  };
  // The first number of a small seed is small.
  next();
  return next;
}
