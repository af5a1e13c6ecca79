/** The version of the package; the bundle has it written in. */
declare const HEDGEROW_VERSION: string;

export const VERSION = HEDGEROW_VERSION;
