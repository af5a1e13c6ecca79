import { join } from 'node:path';

/** Where the repository is. */
export const REPOSITORY = join(import.meta.dirname, '..');
