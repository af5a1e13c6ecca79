/** Renders an answer that nobody looks into: finds the links of its envelope, replaces them, and keeps every other byte. */
import { parseJson } from '../../../core/json.ts';
import { isJsonAtOnce, pageAtOnce } from './at-once.ts';
import { isLinkName, type LinkName, type LinkOf } from '../links.ts';
import type { UntouchedPage } from '../plan.ts';
import { ValueScanner } from '../scanner.ts';
import {
  CHAR,
  expect,
  isLarge,
  more,
  nothingMore,
  peek,
  readElements,
  readMembers,
  readScalar,
  readValue,
  ROW_BYTES_MAX,
  type Reading,
} from '../tokens.ts';
import { behindSpace, endOfObjects, isJson } from './validator.ts';
import { ByteWindow, PageFlaw, textOf } from '../window.ts';
import { PageWriter } from '../writer.ts';

/** White space in front of a row that is kept with it. PostHog writes none. */
const SPACE_BYTES_MAX = 1024;

/**
 * Every byte but the links goes out as it came, once it is known to be JSON: an invalid answer is the same failure
 * here as under a slice. A row that is too large or no JSON is left out and counted, as in a table.
 */
export class ByteRenderer {
  /** `null` where the answer is no page. */
  readonly #untouched: UntouchedPage | null;
  /** The first chunk is all of the answer. */
  readonly #whole: boolean;
  #done = false;
  readonly #window = new ByteWindow();
  readonly #out = new PageWriter();
  readonly #reading: Reading<void>;
  /** How far the bytes of the window have been written. */
  #written = 0;
  /** A row of the list that is being read goes out. */
  #anyRow = false;

  constructor(page: UntouchedPage | null, whole = false) {
    this.#untouched = page;
    this.#whole = whole;
    this.#reading = page === null ? this.#value() : this.#page(page);
  }

  /** Of the rows that are left out only: the others are not counted. */
  readonly counts = { rowsIn: 0, rowsOut: 0, rowsUnreadable: 0 };

  push(chunk: Uint8Array): Uint8Array {
    const atOnce = this.#whole ? this.#atOnce(chunk) : null;
    this.#done = atOnce !== null;
    if (atOnce !== null) return atOnce;
    this.#out.expect(chunk.length);
    this.#window.append(chunk);
    this.#written = this.#window.from;
    return this.#advance();
  }

  end(): Uint8Array {
    if (this.#done) return this.#out.take();
    this.#window.ended = true;
    return this.#advance();
  }

  /** All of the answer, or `null` where it has to be read token by token: to be replaced, or to find what is wrong. */
  #atOnce(bytes: Uint8Array): Uint8Array | null {
    const page = this.#untouched;
    if (page === null) return isJsonAtOnce(bytes) ? bytes : null;
    return page.rows === 'results' ? pageAtOnce(bytes, page.link) : null;
  }

  #advance(): Uint8Array {
    this.#reading.next();
    const { bytes, from } = this.#window;
    if (!this.#out.isEmpty) {
      this.#writeUntil(from);
      return this.#out.take();
    }
    // The window never writes over bytes that it has.
    const untouched = bytes.subarray(this.#written, from);
    this.#written = from;
    return untouched;
  }

  #writeUntil(position: number): void {
    if (position > this.#written) this.#out.rawBytes(this.#window.bytes.subarray(this.#written, position));
    this.#written = position;
  }

  *#value(): Reading<void> {
    if (!isLarge(yield* peek(this.#window))) throw new PageFlaw('is no JSON object or list');
    yield* this.#member();
    yield* nothingMore(this.#window);
  }

  *#member(): Reading<void> {
    const { bytes } = yield* readValue(this.#window, ROW_BYTES_MAX);
    if (bytes !== null) checkJson(bytes);
  }

  *#page({ rows, link }: UntouchedPage): Reading<void> {
    const window = this.#window;
    if ((yield* peek(window)) === CHAR.openList) {
      // PostHog's insights answer the bare empty list where there is nothing to compute for (PostHog contract §4).
      yield* expect(window, CHAR.openList);
      yield* expect(window, CHAR.closeList);
      return yield* nothingMore(window);
    }
    let found = false;
    yield* readMembers(window, (name) => {
      if (name !== 'results') return isLinkName(name) ? this.#linkMember(name, link) : this.#member();
      found = true;
      return rows === 'results' ? this.#rows() : readElements(window, () => this.#group());
    });
    if (!found) throw new PageFlaw('has no results');
    yield* nothingMore(window);
  }

  /** One result with its people. */
  *#group(): Reading<void> {
    let found = false;
    yield* readMembers(this.#window, (name) => {
      if (name !== 'people') return this.#member();
      found = true;
      return this.#rows();
    });
    if (!found) throw new PageFlaw('has a result without people');
  }

  #rows(): Reading<void> {
    this.#anyRow = false;
    return readElements(this.#window, () => this.#someRows());
  }

  /** The rows that end in this chunk or, where the first does not or cannot go out, that row. */
  *#someRows(): Reading<void> {
    const window = this.#window;
    // A comma was the last byte that was read, and has not been written: it goes out with the row, or not at all.
    if (window.bytes[window.at - 1] === CHAR.comma) {
      window.from -= 1;
      if (!this.#anyRow) this.#leaveOut();
    }
    yield* this.#rowBegins();
    const end = endOfObjects(window.bytes, window.at);
    if (end === window.at) return yield* this.#row();
    this.#anyRow = true;
    window.at = end;
    window.mark();
  }

  /** White space between the comma and the row is part of the token; not all of it where it is much. */
  *#rowBegins(): Reading<void> {
    const window = this.#window;
    for (;;) {
      window.at = behindSpace(window.bytes, window.at);
      if (window.at < window.bytes.length) break;
      if (window.at - window.from > SPACE_BYTES_MAX) {
        this.#writeUntil(window.from);
        window.keepFirst();
        this.#written = window.from;
      }
      yield* more(window);
    }
    if (window.bytes[window.at] !== CHAR.openObject) throw new PageFlaw('has a row that is no object');
  }

  *#row(): Reading<void> {
    const window = this.#window;
    const before = window.at - window.from;
    const scanner = new ValueScanner();
    let goesOut = true;
    for (let end = -1; end === -1;) {
      end = scanner.scan(window.bytes, window.at);
      window.at = end === -1 ? window.bytes.length : end;
      goesOut &&= window.tokenBytes - before <= ROW_BYTES_MAX;
      if (goesOut && end !== -1) {
        window.rejoin();
        goesOut = isJson(window.token().subarray(before));
      }
      if (!goesOut) this.#leaveOut();
      if (end === -1) {
        window.putAside();
        yield* more(window);
      }
    }
    window.mark();
    this.#anyRow ||= goesOut;
    if (goesOut) return;
    this.counts.rowsIn += 1;
    this.counts.rowsUnreadable += 1;
  }

  /** What has been read of the token does not go out. */
  #leaveOut(): void {
    this.#writeUntil(this.#window.from);
    this.#window.drop();
    this.#written = this.#window.at;
  }

  *#linkMember(name: LinkName, link: LinkOf): Reading<void> {
    const window = this.#window;
    yield* peek(window);
    this.#writeUntil(window.from);
    const { value } = yield* readScalar(window);
    const ours = link(name, value);
    if (ours !== undefined) {
      this.#out.raw(JSON.stringify(ours));
      this.#written = window.at;
    }
    window.mark();
  }
}

/** Parses bytes, to know that they can be parsed. @throws {PageFlaw} */
function checkJson(bytes: Uint8Array): void {
  if (parseJson(textOf(bytes)) === undefined) throw new PageFlaw('cannot be parsed');
}
