/** What a deletion is beside its intent: its facts, its chunks, and its way from state to state. Decides nothing. */
import * as z from 'zod/mini';
import { GENERATIONS, type Generation } from '../../../catalogue/generation.ts';
import type { TokenId } from '../../../core/ids.ts';
import { lazily } from '../../../core/lazily.ts';
import type { Slice } from '../../../policy/slice.ts';
import {
  isEnd,
  JOB_EVENTS,
  JOB_STATES,
  next,
  nextIfPossible,
  type EventIn,
  type JobEvent,
  type JobState,
} from '../job/job.ts';
import { noteEnd } from '../telling/note.ts';
import { canonicalSlices, SlicesColumn, type StoredSlices } from './slices.ts';

/** Who made a transition happen. */
export type Actor = 'gateway' | 'operator' | TokenId;

const FIRST_STATES = ['held', 'sending'] as const;
export type FirstState = (typeof FIRST_STATES)[number];

/** What is written of a deletion once, with its intent. */
export interface JobFacts {
  readonly began: FirstState;
  /** The generation of the PostHog that the deletion is meant for. */
  readonly generation: Generation;
  readonly chunks: number;
  /** Milliseconds since 1970 until which nothing is sent; null where it has no undo window. */
  readonly holdUntil: number | null;
  readonly needsApproval: boolean;
  /** The slices that its persons must be in when they are sent; null where no slice is checked. */
  readonly slices: readonly Slice[] | null;
}

/** The facts as they are read back. */
export type StoredFacts = Omit<JobFacts, 'slices'> & { readonly slices: StoredSlices | null };

const FactsRow = lazily(() =>
  z.pipe(
    z.object({
      began: z.enum(FIRST_STATES),
      generation: z.enum(GENERATIONS),
      chunks: z.int(),
      hold_until: z.nullable(z.int()),
      needs_approval: z.pipe(
        z.literal([0, 1]),
        z.transform((value) => value === 1),
      ),
      slices: z.nullable(SlicesColumn),
    }),
    z.transform(({ began, generation, chunks, hold_until, needs_approval, slices }): StoredFacts => ({
      began,
      generation,
      chunks,
      holdUntil: hold_until,
      needsApproval: needs_approval,
      slices,
    })),
  ),
);

/**
 * The state of entry `i.entry`, for a query that joins its `jobs` as `j` and its `outcomes` as `o`. An entry from before
 * there were jobs is being sent, or ended with its outcome. A selection has facts only once its persons are known.
 */
export const STATE = `coalesce(
    (SELECT state FROM transitions WHERE entry = i.entry ORDER BY step DESC LIMIT 1),
    j.began,
    CASE WHEN EXISTS (SELECT 1 FROM selections WHERE entry = i.entry) THEN 'resolving' END,
    CASE o.state WHEN 'accepted' THEN iif(EXISTS (SELECT 1 FROM attempts WHERE entry = i.entry), 'done', 'nobody') WHEN 'refused' THEN 'failed' ELSE 'sending' END)`;

const EventRow = lazily(() => z.object({ event: z.enum(JOB_EVENTS) }));
const StateRow = lazily(() => z.object({ state: z.enum(JOB_STATES), step: z.int() }));

/** A deletion that is in this state now. Only a transition makes the next one. */
export interface JobAt<S extends JobState = JobState> {
  readonly number: number;
  readonly state: S;
  /** Of the last transition; 0 where there was none. */
  readonly step: number;
}

export class Jobs {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** One row, and one for each chunk where there are several; `lists` holds the distinct ids of each. */
  record(number: number, facts: JobFacts, lists: readonly (readonly string[])[]): void {
    this.#rows(
      'INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?)',
      number,
      facts.began,
      facts.generation,
      facts.chunks,
      facts.holdUntil,
      facts.needsApproval ? 1 : 0,
      facts.slices === null ? null : canonicalSlices(facts.slices),
    );
    for (const [chunk, ids] of lists.entries()) {
      this.#rows('INSERT INTO chunks VALUES (?, ?, ?, ?)', number, chunk, ids.length, JSON.stringify(ids));
    }
  }

  /** Null for an entry from before there were facts. */
  facts(number: number): StoredFacts | null {
    const [row] = this.#rows('SELECT * FROM jobs WHERE entry = ?', number);
    return row === undefined ? null : FactsRow().parse(row);
  }

  at(number: number): JobAt {
    const [row] = this.#rows(
      `SELECT ${STATE} AS state, coalesce((SELECT max(step) FROM transitions WHERE entry = i.entry), 0) AS step
      FROM intents i LEFT JOIN jobs j ON j.entry = i.entry LEFT JOIN outcomes o ON o.entry = i.entry
      WHERE i.entry = ?`,
      number,
    );
    return { number, ...StateRow().parse(row) };
  }

  /** What has happened to it, the oldest first. */
  events(number: number): readonly JobEvent[] {
    return this.#rows('SELECT event FROM transitions WHERE entry = ? ORDER BY step', number).map(
      (row) => EventRow().parse(row).event,
    );
  }

  /** One row; one more where the deletion ends, because nothing of it is due any more. */
  move<S extends JobState>(
    job: JobAt<S>,
    event: EventIn<S>,
    at: number,
    actor: Actor = 'gateway',
    note: string | null = null,
  ): JobAt {
    return this.#move(job, event, next(job.state, event), at, actor, note);
  }

  /** The same for what a person decided: @throws where it cannot happen in this state. */
  decide(job: JobAt, event: JobEvent, at: number, actor: Actor, note: string | null): JobAt {
    const state = nextIfPossible(job.state, event);
    if (state === null) throw new Error(`a deletion that is ${job.state} cannot be ${event}`);
    return this.#move(job, event, state, at, actor, note);
  }

  #move(
    { number, step: last }: JobAt,
    event: JobEvent,
    state: JobState,
    at: number,
    actor: Actor,
    note: string | null,
  ): JobAt {
    const step = last + 1;
    this.#rows(
      'INSERT INTO transitions VALUES (?, ?, ?, ?, ?, ?, ?)',
      number,
      step,
      at,
      event,
      state,
      actor,
      note,
    );
    if (isEnd(state)) {
      this.#rows('DELETE FROM open WHERE entry = ?', number);
      noteEnd(this.#sql, number, state);
    }
    return { number, state, step };
  }

  #rows(query: string, ...bindings: readonly SqlStorageValue[]): Record<string, SqlStorageValue>[] {
    return this.#sql.exec(query, ...bindings).toArray();
  }
}
