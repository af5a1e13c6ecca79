/** What the console writes to its log. Requests are in the gateway's, by operator; here is only what is wrong with the console. */

export function logMisconfiguration(problems: readonly string[]): void {
  console.error(JSON.stringify({ code: 'not_configured', problems }));
}

/** Nothing of a page or a form is in it. */
export function logDefect(error: unknown): void {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  console.error(JSON.stringify({ code: 'console_failed', name, message, stack }));
}
