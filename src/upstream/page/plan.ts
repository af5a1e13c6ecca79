/** How an answer of PostHog's is rendered: what the renderer is told, and what it tells. */
import type { Json, JsonObject } from '../../core/json.ts';
import type { LinkOf } from './links.ts';

/**
 * Where the rows are: the envelope's results, the people of each of its results, or the members of its results, each
 * under the id it was asked for with (PostHog contract §7, §8).
 */
export type RowsAt = 'results' | 'people' | 'map';

/** A table: members of a row that have a column, and properties that have one besides. */
export interface Table {
  readonly members: readonly string[];
  readonly properties: readonly string[];
}

export interface RowsPlan {
  readonly rows: RowsAt;
  /**
   * The row to send: the same object sends the bytes as they came, `null` leaves the row out. Asked once for every row,
   * in their order; `id` is what a row of a map was asked for with. Pure.
   */
  readonly judge: (row: JsonObject, id: string | null) => JsonObject | null;
  /**
   * Given a member of the envelope and PostHog's value, `undefined` for a list or an object: the value to send, or
   * `undefined` to leave the member out. A value given back as it was keeps its digits. Pure.
   */
  readonly member: (name: string, value: Json | undefined) => Json | undefined;
  /** Members that are numbers of rows: they go out behind the rows, and only where no row was left out. */
  readonly counts: ReadonlySet<string>;
  /**
   * What becomes of a row that is too deep, or that names a member twice, in a table: it is left out and counted, or
   * taken apart as it is written. A row that is too large or no JSON is left out always.
   */
  readonly unreadable: 'leave_out' | 'as_written';
  /** `null` for JSON. */
  readonly table: Table | null;
}

/** A page that nobody looks into: where its rows are, and what its links become. */
export interface UntouchedPage {
  readonly rows: Exclude<RowsAt, 'map'>;
  readonly link: LinkOf;
}

export type RenderPlan =
  /** Nobody looks inside: the bytes go out as they came, but for links, and rows that are too large or no JSON. */
  | {
      readonly kind: 'bytes';
      /** `null` where the answer is no page: one JSON value of any kind. */
      readonly page: UntouchedPage | null;
    }
  /** Every row is looked at, and the envelope is written anew. */
  | ({ readonly kind: 'rows' } & RowsPlan);

/** How rendering went, whether or not the client has all of it. */
export interface RenderOutcome {
  readonly rowsIn: number;
  readonly rowsOut: number;
  /** Rows that did not go out because they are too large, too deep, no JSON, or name a member twice. */
  readonly rowsUnreadable: number;
  readonly ended:
    | 'complete'
    /** PostHog stopped in the middle. */
    | 'broken_off'
    /** The client stopped reading. */
    | 'client_gone'
    /** What came is not what PostHog's API answers; `flaw` names the rule that was broken, and nothing of the answer. */
    | 'invalid';
  readonly flaw: string | null;
}
