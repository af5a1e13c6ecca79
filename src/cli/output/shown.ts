/** Text of others, such that a terminal shows it and obeys nothing of it. */

/**
 * Control characters, marks that turn the direction of text, and everything else that is not to be seen. The two
 * joiners stay: emoji and Persian are made with them, and a terminal obeys neither.
 */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Co}]|(?![\u200c\u200d])\p{Cf}/gu;

const codeOf = (char: string): string => {
  const code = char.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
};

/** In one line: what cannot be seen is written as its number. */
export const shown = (text: string): string => text.replaceAll(UNSEEN, codeOf);

/** The same, with the line breaks and tabs that a text of several lines has. */
export const shownLines = (text: string): string =>
  text.replaceAll(UNSEEN, (char) => (char === '\n' || char === '\t' ? char : codeOf(char)));

const inJson = (char: string): string =>
  Array.from(
    { length: char.length },
    (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`,
  ).join('');

/** JSON of the same value. Only the line breaks between its members are kept as they are. */
export const shownJson = (json: string): string =>
  json.replaceAll(UNSEEN, (char) => (char === '\n' || char === '\r' || char === '\t' ? char : inJson(char)));
