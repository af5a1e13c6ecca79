/** Tells the operator a week before a token ends. Times are milliseconds since 1970. */
import * as z from 'zod/mini';
import { TokenId, type TenantId } from '../../../core/ids.ts';
import { lazily } from '../../../core/lazily.ts';
import { placementOf } from '../../../config.ts';
import type { Alarms } from '../../alarms/alarms.ts';
import { alarmRaiser, type RaiseAlarms } from '../../alarms/raise.ts';
import { logAlarmFailure } from '../../console.ts';
import { Alarm } from '../../deletion-log/alarm.ts';
import type { Objects } from '../../remote.ts';
import { Ancestors } from '../token-rows.ts';

const DAY_MS = 86_400_000;
const TOLD_BEFORE_MS = 7 * DAY_MS;
/** A token of a shorter life is replaced anyway, by those who made it so. */
const LIFE_MS_MIN = 14 * DAY_MS;
const TOLD_AT_ONCE = 50;
/** Until the next try, where the object of alarms did not answer. */
const AGAIN_MS = 60_000;

/** When the operator is told that a token ends; null where it is not. */
export const toldAt = (issuedMs: number, expiresMs: number): number | null =>
  expiresMs - issuedMs >= LIFE_MS_MIN ? expiresMs - TOLD_BEFORE_MS : null;

const Row = lazily(() =>
  z.object({
    id: TokenId,
    name: z.string(),
    ancestors: Ancestors,
    expires_at: z.string(),
    expires_at_ms: z.int(),
  }),
);
const Moment = z.object({ at: z.nullable(z.int()) });

/** The binding that a tenant needs. */
export interface TenantEnv {
  readonly ALARMS: Objects<Alarms>;
}

/** What is asked of the tenant's object. */
export interface TokenEndsWorld {
  /** Null while it is not registered. */
  readonly tenant: () => TenantId | null;
  readonly isRevoked: (id: TokenId) => boolean;
  readonly nowMs: () => number;
}

export class TokenEnds {
  readonly #sql: SqlStorage;
  readonly #alarm: Alarm;
  readonly #world: TokenEndsWorld;
  readonly #raiseAlarms: RaiseAlarms;

  /** No request is let in before the alarm is set: tokens from before are told too. */
  constructor(ctx: DurableObjectState, env: TenantEnv, world: TokenEndsWorld) {
    this.#sql = ctx.storage.sql;
    this.#alarm = new Alarm(ctx.storage);
    this.#world = world;
    this.#raiseAlarms = alarmRaiser(env.ALARMS, placementOf(env));
    void ctx.blockConcurrencyWhile(async () => {
      await this.#alarm.load();
      this.arm();
    });
  }

  /** Makes the alarm of the object ring when the first token is to be told. */
  arm(): void {
    const due = this.#earliest();
    if (due !== null) this.#alarm.armBy(due);
  }

  /** Tells of the tokens that are due. Never throws. */
  async tell(): Promise<void> {
    const now = this.#world.nowMs();
    try {
      const due = this.#rows(
        'SELECT * FROM tokens WHERE told_at_ms <= ? ORDER BY told_at_ms LIMIT ?',
        now,
        TOLD_AT_ONCE,
      );
      await this.#raise(
        due.map((row) => Row().parse(row)),
        now,
      );
      for (const { id } of due) this.#rows('UPDATE tokens SET told_at_ms = NULL WHERE id = ?', id ?? null);
      this.#alarm.replace(this.#earliest(), now);
    } catch (error) {
      logAlarmFailure(error);
      this.#alarm.replace(now + AGAIN_MS, now);
    }
  }

  async #raise(due: readonly z.output<ReturnType<typeof Row>>[], now: number): Promise<void> {
    const { tenant: tenantOf, isRevoked } = this.#world;
    const tenant = tenantOf();
    const ending = due.filter(
      ({ id, ancestors, expires_at_ms: ends }) => ends > now && ![id, ...ancestors].some(isRevoked),
    );
    if (tenant === null || ending.length === 0) return;
    await this.#raiseAlarms(
      ending.map(({ id: token, name, expires_at }) => ({
        condition: { kind: 'token_ending', tenant, token, name, expires_at },
        count: 1,
      })),
    );
  }

  #earliest(): number | null {
    const [row] = this.#rows('SELECT min(told_at_ms) AS at FROM tokens WHERE told_at_ms IS NOT NULL');
    return Moment.parse(row).at;
  }

  #rows(query: string, ...bindings: readonly SqlStorageValue[]): Record<string, SqlStorageValue>[] {
    return this.#sql.exec(query, ...bindings).toArray();
  }
}
