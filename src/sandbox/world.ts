import { DurableObject } from 'cloudflare:workers';
import { answerApi } from './api.ts';
import { afterWork, insteadOfWork } from './control/misbehave.ts';
import { answerControl } from './control/plane.ts';
import { runDue } from './deleting/background.ts';
import { makeWorld } from './seed/world.ts';
import { isHolding, takeFault } from './store/faults.ts';
import { recordArrival, recordStatus } from './store/received.ts';
import { createTables } from './store/schema.ts';
import {
  type Defaults,
  defaultSettings,
  generationOf,
  readSettings,
  type Settings,
} from './store/settings.ts';
import type { Answer, Message } from './wire/message.ts';
import { parseTarget } from './wire/target.ts';

/** The sandbox's variables and its one binding. */
export interface Env {
  readonly WORLD: DurableObjectNamespace<World>;
  readonly SANDBOX_API_KEY?: string;
  readonly SANDBOX_GENERATION?: string;
}

/** Milliseconds between two looks whether a request is still held. */
const HELD_LOOK_MS = 5;

/** The whole upstream in one object: everybody, everything they did, and what was asked about them. */
export class World extends DurableObject<Env> {
  readonly #defaults: Defaults;
  readonly #sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#defaults = {
      apiKey: env.SANDBOX_API_KEY ?? 'phx_sandbox',
      generation: generationOf(env.SANDBOX_GENERATION),
    };
    createTables(this.#sql);
    if (readSettings(this.#sql) === undefined) makeWorld(this.#sql, defaultSettings(this.#defaults));
  }

  #settings(): Settings {
    return readSettings(this.#sql) ?? defaultSettings(this.#defaults);
  }

  /** Answers a request: the control plane directly, the API through the record of arrivals and the faults. */
  async answer(message: Message): Promise<Answer> {
    const { path } = parseTarget(message.url);
    runDue(this.#sql, this.#settings());
    if (path.startsWith('/_sandbox')) {
      return answerControl(this.ctx.storage, this.#settings(), this.#defaults, message);
    }
    const seq = recordArrival(this.#sql, message);
    const answer = await this.#answerApi(message);
    recordStatus(this.#sql, seq, answer.status);
    return answer;
  }

  async #answerApi(message: Message): Promise<Answer> {
    const hit = takeFault(this.#sql, message);
    if (hit === undefined) return answerApi(this.#sql, this.#settings(), message);
    const { id, fault } = hit;
    const instead = insteadOfWork(fault, message);
    if (instead !== undefined) return instead;
    if (fault.kind === 'slow') await scheduler.wait(fault.delay_ms ?? 1000);
    if (fault.kind === 'hold') while (isHolding(this.#sql, id)) await scheduler.wait(HELD_LOOK_MS);
    const answer = afterWork(fault, answerApi(this.#sql, this.#settings(), message));
    if (fault.kind === 'lost_reply') await scheduler.wait(fault.delay_ms ?? 0);
    return answer;
  }
}
