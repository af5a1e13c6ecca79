/** Ids of persons, one a line, from a file or stdin. However many there are, no more are held than a deletion takes. */
import { createReadStream } from 'node:fs';
import { CliError } from '../cli-error.ts';
import { EXIT } from '../exit-codes.ts';
import { unreadable } from './files.ts';

/** Far longer than an id. */
const LINE_CHARS_MAX = 4096;
const BYTE_ORDER_MARK = '\ufeff';

/** The ids, each once, in the order of the file. Fails with their number where they are more than `most`. */
export async function readIds(path: string, most: number): Promise<readonly string[]> {
  const ids = new Set<string>();
  let lines = 0;
  try {
    for await (const line of linesOf(path)) {
      if (line === '') continue;
      lines += 1;
      if (ids.size <= most) ids.add(line);
    }
  } catch (error) {
    if (error instanceof TypeError)
      throw new CliError(EXIT.usage, `The text of ${nameOf(path)} is not in UTF-8.`, [
        'Convert it: `iconv -f utf-16 -t utf-8`, or from what it is in.',
      ]);
    throw error instanceof CliError ? error : unreadable(path, error);
  }
  const name = nameOf(path);
  if (ids.size === 0) throw new CliError(EXIT.usage, `There is no id in ${name}.`);
  if (ids.size > most)
    throw new CliError(
      EXIT.refused,
      `There are ${lines.toLocaleString('en')} ids in ${name}, and a deletion takes ${most.toLocaleString('en')}.`,
      [`Make a deletion of each part: \`split -l ${most}\` cuts a file.`],
    );
  return [...ids];
}

const nameOf = (path: string): string => (path === '-' ? 'stdin' : `the file ${path}`);

async function* linesOf(path: string): AsyncGenerator<string, void, undefined> {
  const stream: AsyncIterable<Buffer> = path === '-' ? process.stdin : createReadStream(path);
  // Fatal: what is no UTF-8 would be read as other ids.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });
  let left = '';
  let isFirst = true;
  for await (const chunk of stream) {
    left += decoder.decode(chunk, { stream: true });
    // The byte order mark may be split over several chunks.
    if (left === '') continue;
    if (isFirst && left.startsWith(BYTE_ORDER_MARK)) left = left.slice(1);
    isFirst = false;
    const lines = left.split('\n');
    left = lines.pop() ?? '';
    yield* lines.map(withoutReturn);
    if (left.length > LINE_CHARS_MAX)
      throw new CliError(
        EXIT.usage,
        `A line of ${nameOf(path)} is longer than any id: it has to be one a line.`,
      );
  }
  yield withoutReturn(left + decoder.decode());
}

const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line);
