/** Renders an answer that nobody looks into: finds the links of its envelope, replaces them, and keeps every other byte. */
import { parseJson } from '../../../core/json.ts';
import { isJsonAtOnce, pageAtOnce } from './at-once.ts';
import { isLinkName, type LinkName, type LinkOf } from '../links.ts';
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
  readValue,
  ROW_BYTES_MAX,
  type Reading,
} from '../tokens.ts';
import { endOfObjects } from './validator.ts';
import { ByteWindow, PageFlaw, textOf } from '../window.ts';
import { PageWriter } from '../writer.ts';

/**
 * Every byte but the links goes out as it came, once it is known to be JSON: an invalid answer is the same failure
 * here as under a slice. Only a row that is too large to be kept is passed over by its brackets and strings.
 */
export class ByteRenderer {
  readonly #link: LinkOf | null;
  /** The first chunk is all of the answer. */
  readonly #whole: boolean;
  #done = false;
  readonly #window = new ByteWindow();
  readonly #out = new PageWriter();
  readonly #reading: Reading<void>;
  /** How far the bytes of the window have been written. */
  #written = 0;
  constructor(link: LinkOf | null, whole = false) {
    this.#link = link;
    this.#whole = whole;
    this.#reading = link === null ? this.#value() : this.#page();
  }

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
    if (this.#link !== null) return pageAtOnce(bytes, this.#link);
    return isJsonAtOnce(bytes) ? bytes : null;
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

  *#page(): Reading<void> {
    const window = this.#window;
    if ((yield* peek(window)) === CHAR.openList) {
      // PostHog's insights answer the bare empty list where there is nothing to compute for (PostHog contract §4).
      yield* expect(window, CHAR.openList);
      yield* expect(window, CHAR.closeList);
      return yield* nothingMore(window);
    }
    let found = false;
    yield* readMembers(window, (name) => {
      if (name !== 'results') return isLinkName(name) ? this.#linkMember(name) : this.#member();
      found = true;
      return this.#results();
    });
    if (!found) throw new PageFlaw('has no results');
    yield* nothingMore(window);
  }

  *#results(): Reading<void> {
    const window = this.#window;
    if ((yield* peek(window)) !== CHAR.openList) throw new PageFlaw('has results that are no list');
    yield* readElements(window, () => this.#rows());
  }

  /** The rows that end in this chunk or, where the first does not or is not plainly JSON, that row. */
  *#rows(): Reading<void> {
    const window = this.#window;
    yield* peek(window);
    const end = endOfObjects(window.bytes, window.at);
    if (end === window.at) return yield* this.#row();
    window.at = end;
    window.mark();
  }

  *#row(): Reading<void> {
    const { bytes } = yield* readRow(this.#window);
    if (bytes !== null) checkJson(bytes);
  }

  *#linkMember(name: LinkName): Reading<void> {
    const window = this.#window;
    yield* peek(window);
    this.#writeUntil(window.from);
    const { value } = yield* readScalar(window);
    const ours = this.#link?.(name, value);
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
