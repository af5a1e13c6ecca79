/** Whose turn it is, by deficit round robin: in each round a tenant gets as many requests as its weight says. */
import type { TenantId } from '../../../core/ids.ts';

export interface Waiting {
  readonly id: string;
  readonly want: number;
  readonly untilMs: number;
}

/** The requests of one tenant that wait, the oldest first. */
export interface Line {
  readonly tenant: TenantId;
  weight: number;
  /** Requests that are left of its round. */
  deficit: number;
  waiting: Waiting[];
}

export class Turns {
  /** Lines with someone in them; the first has the turn. */
  #lines: Line[] = [];

  get lines(): readonly Line[] {
    return this.#lines;
  }

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  lineOf(tenant: TenantId): Line | undefined {
    return this.#lines.find((line) => line.tenant === tenant);
  }

  /** A tenant that starts to wait comes after those that wait already. */
  add(tenant: TenantId, weight: number, waiting: Waiting): void {
    const line = this.lineOf(tenant);
    if (line === undefined) this.#lines.push({ tenant, weight, deficit: 0, waiting: [waiting] });
    else {
      line.weight = weight;
      line.waiting.push(waiting);
    }
  }

  /** Takes the next request out, of the tenants that `may` have a turn now; null where none of them waits. */
  next(may: (line: Line) => boolean): { readonly line: Line; readonly waiting: Waiting } | null {
    const line = this.#lines.find(may);
    const waiting = line?.waiting.shift();
    if (line === undefined || waiting === undefined) return null;
    if (line.deficit < 1) line.deficit += line.weight;
    line.deficit -= 1;
    const isOver = line.deficit < 1;
    if (isOver || line.waiting.length === 0) {
      this.#lines = this.#lines.filter((one) => one !== line);
      if (line.waiting.length > 0) this.#lines.push(line);
    }
    return { line, waiting };
  }

  /** Takes out what `isOver` says is over. */
  drop(isOver: (waiting: Waiting) => boolean): { readonly line: Line; readonly waiting: Waiting }[] {
    const dropped = this.#lines.flatMap((line) =>
      line.waiting.filter(isOver).map((waiting) => ({ line, waiting })),
    );
    if (dropped.length === 0) return [];
    for (const line of this.#lines) line.waiting = line.waiting.filter((waiting) => !isOver(waiting));
    this.#lines = this.#lines.filter(({ waiting }) => waiting.length > 0);
    return dropped;
  }
}
