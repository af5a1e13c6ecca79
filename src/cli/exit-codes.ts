/** What a command ends with. Programs may rely on these; the README has the same list. */
export const EXIT = {
  ok: 0,
  /** A defect of the command line or of the gateway. */
  defect: 1,
  /** The command was not understood, or needs something that was not given. */
  usage: 2,
  /** There is no token, or the gateway does not take it (401). */
  notAuthenticated: 3,
  /** The token may not do this (403), or is one of the other plane. */
  forbidden: 4,
  /** There is no such record, person or path (404). */
  notFound: 5,
  /** The gateway refused what was sent, or somebody else changed the record (400, 409, 410, 412, 413, 422). */
  refused: 6,
  /** The gateway or PostHog behind it is down or misconfigured (5xx, no connection). */
  unavailable: 7,
  /** A limit of the caller's is used up (429): later it works. */
  limited: 8,
  /** The deletion ended as failed or cancelled. */
  deletionFailed: 9,
  /** The deletion waits for its undo window, an approval or the fuse. */
  deletionHeld: 10,
  /** `doctor` found something that is wrong. */
  unhealthy: 11,
  /** A question was answered with no, so nothing was done. */
  declined: 12,
  /** Ctrl-C, as shells count signals: 128 and the number of the signal. */
  interrupted: 130,
  /** Whatever read the output has stopped reading. */
  brokenPipe: 141,
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The code for an answer of the gateway that is no success. */
export function exitCodeOf(status: number): ExitCode {
  if (status === 401) return EXIT.notAuthenticated;
  if (status === 403) return EXIT.forbidden;
  if (status === 404) return EXIT.notFound;
  if (status === 429) return EXIT.limited;
  if (status === 500) return EXIT.defect;
  return status > 500 ? EXIT.unavailable : EXIT.refused;
}
