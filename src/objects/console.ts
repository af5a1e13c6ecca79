/** What objects write to the console, for the operator. Names only. */

/** A shield could not be reached, and things went on without it. */
export function logShieldFailure(error: unknown): void {
  console.error(JSON.stringify({ shield_failed: error instanceof Error ? error.name : typeof error }));
}
