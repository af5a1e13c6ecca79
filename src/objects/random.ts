import type { Random } from '../core/ids.ts';

/** The randomness of the runtime. */
export const random: Random = (bytes) => crypto.getRandomValues(new Uint8Array(bytes));
