/**
 * Renders a page of which every row is looked at: row by row as it arrives, the envelope from its known members, as JSON
 * or as a table. What is not known to be harmless does not go out.
 */
import type { JsonObject } from '../../core/json.ts';
import { stringifyExactly } from '../../core/exact-json.ts';
import { parseRow, type ReadableRow } from './parsed-row.ts';
import type { RowsPlan } from './plan.ts';
import { takeRows } from './row-batch.ts';
import { headerLine, rowLine } from './table.ts';
import { isJson } from './untouched/validator.ts';
import {
  CHAR,
  expect,
  isLarge,
  nothingMore,
  peek,
  readElements,
  readMembers,
  readRow,
  readScalar,
  skipValue,
  type Reading,
} from './tokens.ts';
import { ByteWindow, PageFlaw, textOf } from './window.ts';
import { PageWriter } from './writer.ts';
import { writtenRowLine } from './written-row.ts';

export class RowRenderer {
  readonly counts = { rowsIn: 0, rowsOut: 0, rowsUnreadable: 0 };
  readonly #plan: RowsPlan;
  readonly #window = new ByteWindow();
  readonly #out = new PageWriter();
  readonly #reading: Reading<void>;
  readonly #counted: string[] = [];

  constructor(plan: RowsPlan) {
    this.#plan = plan;
    this.#reading = this.#page();
    if (plan.table !== null) this.#out.raw(headerLine(plan.table));
  }

  /** Bytes of PostHog's page in memory: the last chunk, and of the row it cuts what came before. */
  get held(): number {
    return this.#window.held;
  }

  /** What the chunk brings to an end; empty where that is nothing. @throws {PageFlaw} */
  push(chunk: Uint8Array): Uint8Array {
    this.#out.expect(chunk.length);
    this.#window.append(chunk);
    this.#reading.next();
    return this.#out.take();
  }

  /** The end of the page, which is held back until it is known that nothing follows. @throws {PageFlaw} */
  end(): Uint8Array {
    this.#window.ended = true;
    this.#reading.next();
    return this.#out.take();
  }

  *#page(): Reading<void> {
    const window = this.#window;
    if ((yield* peek(window)) === CHAR.openList) {
      // PostHog's insights answer the bare empty list where there is nothing to compute for (PostHog contract §4).
      yield* expect(window, CHAR.openList);
      yield* expect(window, CHAR.closeList);
      yield* nothingMore(window);
      return this.#json('[]');
    }
    let found = false;
    this.#open('{');
    yield* readMembers(window, (name, literal) => {
      if (name !== 'results') return this.#member(name, literal);
      found = true;
      this.#item(`${literal}:`);
      return this.#results();
    });
    if (!found) throw new PageFlaw('has no results');
    yield* nothingMore(window);
    const { rowsIn, rowsOut, rowsUnreadable } = this.counts;
    if (rowsIn === rowsOut + rowsUnreadable) this.#counted.forEach((item) => this.#item(item));
    this.#close('}');
  }

  *#member(name: string, literal: string): Reading<void> {
    const window = this.#window;
    const large = isLarge(yield* peek(window));
    if (large) yield* skipValue(window);
    const scalar = large ? null : yield* readScalar(window);
    const ours = this.#plan.member(name, scalar?.value);
    if (ours === undefined) return;
    const item = `${literal}:${ours === scalar?.value ? scalar.literal : JSON.stringify(ours)}`;
    if (this.#plan.counts.has(name)) this.#counted.push(item);
    else this.#item(item);
  }

  #results(): Reading<void> {
    switch (this.#plan.rows) {
      case 'results':
        return this.#rows();
      case 'people':
        return this.#groups();
      case 'map':
        return this.#map();
    }
  }

  *#groups(): Reading<void> {
    this.#open('[');
    yield* readElements(this.#window, () => this.#group());
    this.#close(']');
  }

  /** One result with its people. Its count is the size of this page, so it is written behind them (contract §7). */
  *#group(): Reading<void> {
    const before = this.counts.rowsOut;
    let found = false;
    let counted = false;
    this.#item('');
    this.#open('{');
    yield* readMembers(this.#window, (name, literal) => {
      if (name === 'count') counted = true;
      if (name !== 'people') return this.#leaveOut();
      found = true;
      this.#item(`${literal}:`);
      return this.#rows();
    });
    if (!found) throw new PageFlaw('has a result without people');
    if (counted) this.#item(`"count":${this.counts.rowsOut - before}`);
    this.#close('}');
  }

  /** Only lists and objects are passed over without a look at their JSON. */
  *#leaveOut(): Reading<void> {
    if (isLarge(yield* peek(this.#window))) yield* skipValue(this.#window);
    else yield* readScalar(this.#window);
  }

  *#rows(): Reading<void> {
    this.#open('[');
    yield* readElements(this.#window, () => this.#someRows());
    this.#close(']');
  }

  /** The rows that end in this chunk, or the next row, which does not. */
  *#someRows(): Reading<void> {
    yield* peek(this.#window);
    const rows = takeRows(this.#window);
    if (rows.length === 0) return yield* this.#row(null, '');
    for (const { kept, row } of rows) this.#judged(row, kept, null, '');
  }

  *#map(): Reading<void> {
    this.#open('{');
    yield* readMembers(this.#window, (id, literal) => this.#row(id, `${literal}:`), 'ids');
    this.#close('}');
  }

  *#row(id: string | null, label: string): Reading<void> {
    const written = yield* readRow(this.#window);
    this.#judged(parseRow(written), written.kept, id, label);
  }

  #judged(row: ReadableRow | null, kept: Uint8Array | null, id: string | null, label: string): void {
    this.counts.rowsIn += 1;
    if (row === null) return this.#unreadable(kept);
    const ours = this.#plan.judge(row.value, id);
    if (ours === null) return;
    this.counts.rowsOut += 1;
    this.#write(label, row, ours);
  }

  #unreadable(kept: Uint8Array | null): void {
    const { table, unreadable } = this.#plan;
    if (table === null || kept === null || unreadable === 'leave_out' || !isJson(kept)) {
      this.counts.rowsUnreadable += 1;
      return;
    }
    this.#out.raw(writtenRowLine(table, kept));
    this.counts.rowsOut += 1;
  }

  #write(label: string, { bytes, value, oddNumbers }: ReadableRow, ours: JsonObject): void {
    const { table } = this.#plan;
    if (table !== null) {
      this.#out.raw(rowLine(table, ours, oddNumbers ? textOf(bytes) : null));
    } else if (ours === value) {
      this.#out.item(label);
      this.#out.rawBytes(bytes);
    } else {
      this.#out.item(label + (oddNumbers ? stringifyExactly(ours, textOf(bytes)) : JSON.stringify(ours)));
    }
  }

  /** A table has rows and nothing around them. */
  #json(text: string): void {
    if (this.#plan.table === null) this.#out.raw(text);
  }

  #item(text: string): void {
    if (this.#plan.table === null) this.#out.item(text);
  }

  #open(bracket: '{' | '['): void {
    if (this.#plan.table === null) this.#out.open(bracket);
  }

  #close(bracket: '}' | ']'): void {
    if (this.#plan.table === null) this.#out.close(bracket);
  }
}
