/** Takes the line of titles off a page of CSV, and counts its rows, while it streams by. */

export interface Cut {
  readonly text: string;
  /** Rows that have ended. */
  readonly rows: number;
}

const QUOTE = '"';

/** Line breaks inside quotes are part of a cell. A quote in a cell is written twice, so each one turns the state. */
export class CsvCutter {
  readonly #keepsTitles: boolean;
  #isInQuotes = false;
  #isInTitles = true;

  constructor(keepsTitles: boolean) {
    this.#keepsTitles = keepsTitles;
  }

  cut(text: string): Cut {
    let rows = 0;
    let from = this.#isInTitles && !this.#keepsTitles ? text.length : 0;
    for (let at = 0; at < text.length; at += 1) {
      const char = text[at];
      if (char === QUOTE) this.#isInQuotes = !this.#isInQuotes;
      if (char !== '\n' || this.#isInQuotes) continue;
      if (!this.#isInTitles) rows += 1;
      else if (!this.#keepsTitles) from = at + 1;
      this.#isInTitles = false;
    }
    return { text: text.slice(from), rows };
  }
}
