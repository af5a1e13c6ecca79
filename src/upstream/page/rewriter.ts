/**
 * A page of PostHog's, read, checked row by row and written anew in one go. Bytes in, bytes out, no stream: what
 * feeds it and when is decided elsewhere. What it does not know to be harmless does not go out.
 */
import { isJsonObject, parseJson, type Json, type JsonObject } from '../../core/json.ts';
import { countMembers } from './scanner.ts';
import {
  CHAR,
  expect,
  nothingMore,
  peek,
  readElements,
  readMembers,
  readRow,
  readScalar,
  type Reading,
} from './tokens.ts';
import { ByteWindow, ENVELOPE_BYTES_MAX, PageFlaw, textOf } from './window.ts';
import { PageWriter } from './writer.ts';

/** What becomes of a row: it goes out as it came, goes out rewritten, or does not go out. */
export type RowVerdict =
  | { readonly kind: 'keep' }
  | { readonly kind: 'rewrite'; readonly row: JsonObject }
  | { readonly kind: 'drop' };

/** How a page is changed. */
export interface PageRewrite {
  /** Where the rows are: the envelope's results, or the people of each of its results (PostHog contract §7). */
  readonly rows: 'results' | 'people';
  /** Pure. Asked once for every row, in their order. */
  readonly judge: (row: JsonObject) => RowVerdict;
  /**
   * Given a member of the envelope that is no list and no object, and PostHog's value: the value to send, or undefined
   * to leave the member out. A value given back as it was keeps its digits. Pure.
   */
  readonly member: (name: string, value: Json) => Json | undefined;
}

/** Use: `push` every chunk, then `end`, and send what they return. After a throw it is of no more use. */
export class PageRewriter {
  rowsIn = 0;
  rowsOut = 0;
  /** A row has been judged, or there is none: most answers that are no page at all have been found out by now. */
  begun = false;
  readonly #rewrite: PageRewrite;
  readonly #window = new ByteWindow();
  readonly #out = new PageWriter();
  readonly #reading: Reading<void>;
  #inRows = false;

  constructor(rewrite: PageRewrite) {
    this.#rewrite = rewrite;
    this.#reading = this.#page();
  }

  /** Bytes of PostHog's page in memory: the last chunk, and of the row it cuts what came before. */
  get held(): number {
    return this.#window.held;
  }

  /** What the chunk brings to an end; empty where that is nothing. @throws {PageFlaw} */
  push(chunk: Uint8Array): Uint8Array {
    this.#window.append(chunk);
    this.#advance();
    if (!this.#inRows && this.#window.arrived > ENVELOPE_BYTES_MAX) {
      throw new PageFlaw('has too many bytes in front of its rows');
    }
    return this.#out.take();
  }

  /** The end of the page, which is held back until it is known that nothing follows. @throws {PageFlaw} */
  end(): Uint8Array {
    this.#window.ended = true;
    this.#advance();
    this.begun = true;
    return this.#out.take();
  }

  #advance(): void {
    if (this.#reading.next().done === true && !this.#window.ended) throw new PageFlaw('was given up before');
  }

  *#page(): Reading<void> {
    const window = this.#window;
    if ((yield* peek(window)) === CHAR.openList) {
      // PostHog's insights answer the bare empty list where there is nothing to compute for (PostHog contract §4).
      yield* expect(window, CHAR.openList);
      yield* expect(window, CHAR.closeList);
      yield* nothingMore(window);
      return this.#out.raw('[]');
    }
    let found = false;
    this.#out.open('{');
    yield* readMembers(window, (name, literal) => {
      if (name !== 'results') return this.#member(name, literal);
      found = true;
      this.#out.item(`${literal}:`);
      return this.#rewrite.rows === 'results' ? this.#rows() : this.#results();
    });
    if (!found) throw new PageFlaw('has no results');
    yield* nothingMore(window);
    this.#out.close('}');
  }

  *#member(name: string, literal: string): Reading<void> {
    const { literal: theirs, value } = yield* readScalar(this.#window);
    const ours = this.#rewrite.member(name, value);
    if (ours === undefined) return;
    this.#out.item(`${literal}:${ours === value ? theirs : JSON.stringify(ours)}`);
  }

  *#results(): Reading<void> {
    this.#out.open('[');
    yield* readElements(this.#window, () => this.#result());
    this.#out.close(']');
  }

  /** One result with its people. Its count is the size of this page, so it is written behind them (contract §7). */
  *#result(): Reading<void> {
    const before = this.rowsOut;
    let found = false;
    let counted = false;
    this.#out.item('');
    this.#out.open('{');
    yield* readMembers(this.#window, (name, literal) => {
      if (name === 'count') counted = true;
      if (name !== 'people') return this.#resultMember(name, literal);
      found = true;
      this.#out.item(`${literal}:`);
      return this.#rows();
    });
    if (!found) throw new PageFlaw('has a result without people');
    if (counted) this.#out.item(`"count":${this.rowsOut - before}`);
    this.#out.close('}');
  }

  *#resultMember(name: string, literal: string): Reading<void> {
    const scalar = yield* readScalar(this.#window);
    if (name !== 'count') this.#out.item(`${literal}:${scalar.literal}`);
  }

  *#rows(): Reading<void> {
    this.#out.open('[');
    yield* readElements(this.#window, () => this.#row());
    this.begun = true;
    this.#out.close(']');
  }

  *#row(): Reading<void> {
    this.#inRows = true;
    const { bytes, members } = yield* readRow(this.#window);
    const row = parseJson(textOf(bytes));
    if (!isJsonObject(row)) throw new PageFlaw('has a row that is not JSON');
    if (countMembers(row) !== members) throw new PageFlaw('has a row that names a member twice');
    this.rowsIn += 1;
    const verdict = this.#rewrite.judge(row);
    this.begun = true;
    if (verdict.kind === 'drop') return;
    this.rowsOut += 1;
    if (verdict.kind === 'keep') this.#out.itemBytes(bytes);
    else this.#out.item(JSON.stringify(verdict.row));
  }
}
