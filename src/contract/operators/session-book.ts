/** Sessions of the operator console that are ended before their time. The console asks over its binding: no route leads here. */
import * as z from 'zod/mini';

/** Names one session of the console. */
export const SessionId = z.uuid().brand<'SessionId'>();
export type SessionId = z.output<typeof SessionId>;

/** A session of the console. */
export interface SessionToEnd {
  readonly id: SessionId;
  /** Seconds since 1970 at which it ends by itself. */
  readonly expiresAt: number;
}

export interface SessionBook {
  /** True: the session lets nobody in any more. False: the list of ended sessions is full, and the session still works. */
  readonly endSession: (session: SessionToEnd) => Promise<boolean>;
  readonly isSessionEnded: (id: SessionId) => Promise<boolean>;
}
