/** What objects write to the console, for the operator. Names only. */

/** A shield could not be reached, and things went on without it. */
export function logShieldFailure(error: unknown): void {
  console.error(JSON.stringify({ shield_failed: error instanceof Error ? error.name : typeof error }));
}

/** The fuse could not be reached, and nothing was sent. */
export function logFuseFailure(error: unknown): void {
  console.error(JSON.stringify({ fuse_failed: error instanceof Error ? error.name : typeof error }));
}

/** The fuse has tripped, by this deletion, or was reset. */
export function logFuse(event: 'fuse_blown' | 'fuse_reset', by: object): void {
  console.error(JSON.stringify({ alarm: event, ...by }));
}

/** A report of usage could not be counted. */
export function logUsageFailure(error: unknown): void {
  console.error(JSON.stringify({ usage_lost: error instanceof Error ? error.name : typeof error }));
}

/** An alarm could not be raised or sent. The message of the error is left out: it may hold an address. */
export function logAlarmFailure(error: unknown): void {
  console.error(JSON.stringify({ alarm_failed: error instanceof Error ? error.name : typeof error }));
}
