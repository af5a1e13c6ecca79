/** Sessions of the console that were ended before their time, until they would have ended by themselves. */
import type { SessionId, SessionToEnd } from '../../contract/operators/session-book.ts';
import { LIMITS } from '../../core/limits.ts';

export class EndedSessions {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** False where too many were ended: one that is forgotten would let somebody in again. */
  end({ id, expiresAt }: SessionToEnd, nowMs: number): boolean {
    this.#sql.exec('DELETE FROM ended_sessions WHERE expires_at <= ?', Math.floor(nowMs / 1000));
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
