/** The fuse as it is deployed, in Node, behind a connection that is not well, and the other tenants that take from it. */
import * as z from 'zod';
import { DeletionId, TenantId } from '../../../src/core/ids.ts';
import { deletionIdOf } from '../../../src/objects/deletion-log/id.ts';
import { Fuse } from '../../../src/objects/fuse/fuse.ts';
import { FUSE_STEPS } from '../../../src/objects/fuse/schema.ts';
import type { Remote } from '../../../src/objects/remote.ts';
import { Database } from './database.ts';

export type FuseMood =
  | 'well'
  /** The request never arrives. */
  | 'lost before'
  /** The work is done, and the answer never arrives. */
  | 'lost after'
  /** The log dies while it waits; the work is not done. */
  | 'dies before'
  /** The log dies while it waits; the work is done. */
  | 'dies after';

const database = new Database(FUSE_STEPS);
const OTHER = TenantId.parse('other');
const Charge = z.object({ deletion: DeletionId, persons: z.int() });

/** Persons of a tenant that were let through. */
export interface LetThrough {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** How often the fuse had been reset by then. */
  readonly period: number;
  readonly persons: number;
}

export class FuseInNode {
  /** Of the next times that it is asked. */
  moods: FuseMood[] = [];
  onDeath: () => void = () => undefined;
  readonly personsPerDay: number;
  /** What other tenants delete, which is all that they take. */
  readonly others: LetThrough[] = [];
  /** How often it was reset. */
  period = 0;
  #fuse: Fuse;

  constructor(personsPerDay: number) {
    this.personsPerDay = personsPerDay;
    database.begin();
    this.#fuse = this.#born();
  }

  /** The binding of the log. */
  readonly binding = {
    getByName: (): Pick<Remote<Fuse>, 'take' | 'giveBack'> => ({
      take: (ask) => this.#ask(() => this.#fuse.take(ask)),
      giveBack: (...given) => this.#ask(() => this.#fuse.giveBack(...given)),
    }),
  };

  close(): void {
    database.rollBack();
  }

  restart(): void {
    this.#fuse = this.#born();
  }

  /** Another tenant deletes so many persons, where they fit. */
  takeForOthers(persons: number): void {
    const deletion = deletionIdOf(this.others.length + 1, (bytes) => new Uint8Array(bytes));
    const ask = { tenant: OTHER, deletion, persons, personsPerDay: this.personsPerDay };
    if (this.#fuse.take(ask)) this.others.push({ at: Date.now(), period: this.period, persons });
  }

  reset(): void {
    if (!this.isTripped) return;
    this.#fuse.reset(null);
    this.period += 1;
  }

  get isTripped(): boolean {
    return this.#fuse.status(this.personsPerDay).tripped !== null;
  }

  /** What counts of each deletion that has taken. */
  charges(): Map<DeletionId, number> {
    const rows = database.rows('SELECT deletion, persons FROM charges').map((row) => Charge.parse(row));
    return new Map(rows.map(({ deletion, persons }) => [deletion, persons]));
  }

  #born(): Fuse {
    const context = { storage: database };
    return new Fuse(
      // The part of the platform's type that the object uses.
      context as unknown as DurableObjectState,
      {},
    );
  }

  async #ask<T>(work: () => T): Promise<T> {
    switch (this.moods.shift() ?? 'well') {
      case 'well':
        return work();
      case 'lost before':
        throw new TypeError('Network connection lost.');
      case 'lost after':
        work();
        throw new TypeError('Network connection lost.');
      case 'dies before':
        return this.#die();
      case 'dies after':
        work();
        return this.#die();
    }
  }

  #die(): Promise<never> {
    this.onDeath();
    return new Promise(() => undefined);
  }
}
