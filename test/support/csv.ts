/** A reader of RFC 4180 and nothing else. @throws where the text is none. */
export function readCsv(text: string): string[][] {
  const lines: string[][] = [];
  let at = 0;
  while (at < text.length) {
    const line: string[] = [];
    for (;;) {
      const cell = /"((?:[^"]|"")*)"|[^",\r\n]*/y;
      cell.lastIndex = at;
      const [all = '', quoted] = cell.exec(text) ?? [];
      line.push(quoted === undefined ? all : quoted.replaceAll('""', '"'));
      at += all.length;
      if (text[at] !== ',') break;
      at += 1;
    }
    if (text.slice(at, at + 2) !== '\r\n') throw new Error(`no end of line at ${at}`);
    at += 2;
    lines.push(line);
  }
  return lines;
}
