/** Reads JSON of which nothing is known. */

export type Members = Readonly<Record<string, unknown>>;

/** The members of an object; none where it is no object. */
export const membersOf = (value: unknown): Members =>
  typeof value === 'object' && value !== null ? { ...value } : {};

/** The members of a text that is JSON; none where it is not. */
export function membersIn(text: string): Members {
  try {
    return membersOf(JSON.parse(text));
  } catch {
    return {};
  }
}

export const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);
