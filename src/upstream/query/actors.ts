/** Reads the answer to an actors query: its rows by the names of its columns, and of the rest what a client may know. */
import { PersonUuid } from '../../core/ids.ts';
import { isJsonObject, parseJson, type Json, type JsonObject } from '../../core/json.ts';
import { ok, type Result } from '../../core/result.ts';
import { parseRow, type ParsedRow } from '../page/parsed-row.ts';
import { readAnswer, type AnswerSource } from '../page/read.ts';
import {
  CHAR,
  isLarge,
  nothingMore,
  peek,
  readElements,
  readMembers,
  readRow,
  readScalar,
  readValue,
  ROW_BYTES_MAX,
  skipValue,
  type Reading,
} from '../page/tokens.ts';
import { PageFlaw, textOf, type ByteWindow } from '../page/window.ts';

/** An actor as it is written and as it is read, without its bytes, which are gone with the next piece of the answer. */
export type ActorRow = Omit<ParsedRow, 'bytes'>;

/** A person of the answer, and how often it did what was asked about; `null` where that was not asked. */
export interface Actor {
  readonly uuid: string;
  readonly row: ActorRow;
  readonly count: number | null;
}

export interface ActorsPage {
  /** Each person once, in PostHog's order. */
  readonly actors: readonly Actor[];
  readonly hasMore: boolean;
  /** Scalars of the envelope, by name. */
  readonly members: ReadonlyMap<string, Json>;
}

/** What of an envelope is read. All other members show the query, or how PostHog ran it. */
const MEMBERS: ReadonlySet<string> = new Set([
  'hasMore',
  'missing_actors_count',
  'is_cached',
  'last_refresh',
]);

/** A cell is an object, which is kept as it is written, or another value; `null` is a cell that is not looked at. */
type Cell = { readonly row: ActorRow } | { readonly value: Json } | null;

/** Fails with `upstream_reply_invalid` where the answer is none to an actors query. */
export async function readActors(source: AnswerSource): Promise<Result<ActorsPage>> {
  const reader = new ActorsReader();
  const read = await readAnswer(source, (window) => reader.page(window));
  return read.ok ? ok(reader.result()) : read;
}

class ActorsReader {
  readonly #rows: Cell[][] = [];
  readonly #members = new Map<string, Json>();
  #columns: readonly Json[] = [];
  #hasResults = false;

  *page(window: ByteWindow): Reading<void> {
    yield* readMembers(window, (name) => this.#member(window, name));
    yield* nothingMore(window);
    if (!this.#hasResults || !this.#columns.includes('actor')) throw new PageFlaw('has no actors');
    if (typeof this.#members.get('hasMore') !== 'boolean')
      throw new PageFlaw('does not say whether there is more');
  }

  /** The columns may stand behind the rows. */
  result(): ActorsPage {
    const [actorAt, countAt] = [this.#columns.indexOf('actor'), this.#columns.indexOf('event_count')];
    const actors = new Map<string, Actor>();
    for (const cells of this.#rows) {
      const actor = actorOf(cells[actorAt] ?? null, countOf(cells[countAt] ?? null));
      if (actor !== null && !actors.has(actor.uuid)) actors.set(actor.uuid, actor);
    }
    return {
      actors: [...actors.values()],
      hasMore: this.#members.get('hasMore') === true,
      members: this.#members,
    };
  }

  *#member(window: ByteWindow, name: string): Reading<void> {
    const first = yield* peek(window);
    if (name === 'results' && first === CHAR.openList) {
      this.#hasResults = true;
      yield* readElements(window, () => this.#row(window));
    } else if (name === 'columns' && first === CHAR.openList) {
      this.#columns = yield* readScalars(window);
    } else if (MEMBERS.has(name) && !isLarge(first)) {
      this.#members.set(name, (yield* readScalar(window)).value);
    } else {
      yield* skipValue(window);
    }
  }

  *#row(window: ByteWindow): Reading<void> {
    const cells: Cell[] = [];
    yield* readElements(window, function* () {
      cells.push(yield* readCell(window));
    });
    this.#rows.push(cells);
  }
}

function* readCell(window: ByteWindow): Reading<Cell> {
  if ((yield* peek(window)) === CHAR.openObject) {
    const row = parseRow(yield* readRow(window));
    if (row === null) return null;
    const { text, value, oddNumbers } = row;
    return { row: { text, value, oddNumbers } };
  }
  const { bytes } = yield* readValue(window, ROW_BYTES_MAX);
  const value = bytes === null ? undefined : parseJson(textOf(bytes));
  return value === undefined ? null : { value };
}

function* readScalars(window: ByteWindow): Reading<readonly Json[]> {
  const values: Json[] = [];
  yield* readElements(window, function* () {
    values.push((yield* readScalar(window)).value);
  });
  return values;
}

const OF_A_GROUP = ['group_key', 'group_type_index'];

/** `null` for what is no person: a group or a session, or somebody whom the person database does not have any more. */
function actorOf(cell: Cell, count: number | null): Actor | null {
  if (cell === null || !('row' in cell)) return null;
  const { value } = cell.row;
  const uuid = PersonUuid.safeParse(value['id']);
  const isOther = OF_A_GROUP.some((name) => Object.hasOwn(value, name)) || isOfOtherType(value);
  return uuid.success && !isOther && isJsonObject(value['properties'])
    ? { uuid: uuid.data, row: cell.row, count }
    : null;
}

const isOfOtherType = ({ type }: JsonObject): boolean => type !== undefined && type !== 'person';

const countOf = (cell: Cell): number | null =>
  cell !== null && 'value' in cell && typeof cell.value === 'number' ? cell.value : null;
