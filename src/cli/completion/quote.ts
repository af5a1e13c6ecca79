/** A word in single quotes, as bash, zsh and fish read it. */
export const inQuotes = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
