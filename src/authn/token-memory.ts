/** Tokens whose signature was found good, so that it is computed once and not for every request. */
import { LIMITS } from '../core/limits.ts';

/** Remembers by the whole text of a token; the one that was used longest ago is forgotten first. */
export class TokenMemory<T> {
  /** A map keeps the order in which its entries came: what is used is put in anew. */
  readonly #known = new Map<string, T>();
  #textBytes = 0;

  /** Tokens that are remembered, and the bytes of their texts. */
  get held(): { readonly tokens: number; readonly textBytes: number } {
    return { tokens: this.#known.size, textBytes: this.#textBytes };
  }

  recall(token: string): T | undefined {
    const known = this.#known.get(token);
    if (known === undefined) return undefined;
    this.#known.delete(token);
    this.#known.set(token, known);
    return known;
  }

  /** Takes in a token that was verified: its text is ASCII, a byte for each character. */
  remember(token: string, verified: T): void {
    this.forget(token);
    this.#known.set(token, verified);
    this.#textBytes += token.length;
    for (const [oldest] of this.#known) {
      if (
        this.#known.size <= LIMITS.rememberedTokensMax &&
        this.#textBytes <= LIMITS.rememberedTokenTextBytesMax
      )
        return;
      this.forget(oldest);
    }
  }

  forget(token: string): void {
    if (this.#known.delete(token)) this.#textBytes -= token.length;
  }
}
