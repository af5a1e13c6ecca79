/** Sessions of the console that were ended before their time, until they would have ended by themselves. */
import type { SessionId, SessionToEnd } from '../../contract/operators/session-book.ts';
import { LIMITS } from '../../core/limits.ts';

/** The clock of the console may be behind this one: an entry stays a little longer than its session. */
const CLOCK_MARGIN_SECONDS = 300;

export class EndedSessions {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** False where the list is full: no entry makes room for another, because the session of a dropped entry would work again. */
  end({ id, expiresAt }: SessionToEnd, nowMs: number): boolean {
    const overSince = Math.floor(nowMs / 1000) - CLOCK_MARGIN_SECONDS;
    this.#sql.exec('DELETE FROM ended_sessions WHERE expires_at <= ?', overSince);
    const { sessions } = this.#sql
      .exec<{ sessions: number }>('SELECT count(*) AS sessions FROM ended_sessions')
      .one();
    if (sessions >= LIMITS.endedSessionsMax) return false;
    this.#sql.exec(
      'INSERT INTO ended_sessions (id, expires_at) VALUES (?, ?) ON CONFLICT (id) DO NOTHING',
      id,
      expiresAt,
    );
    return true;
  }

  has(id: SessionId): boolean {
    return this.#sql.exec('SELECT 1 FROM ended_sessions WHERE id = ?', id).toArray().length > 0;
  }
}
