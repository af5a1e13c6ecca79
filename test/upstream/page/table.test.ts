/** Rows as lines of a table. */
import { describe, expect, test } from 'vitest';
import { expectInvalid, got, rowsPlan } from '../../support/upstream/render.ts';

describe('Tables', () => {
  const table = { members: ['uuid', 'properties'], properties: ['x.y', 'x'] };
  const header = 'uuid,properties,other,properties.x.y,properties.x\r\n';

  test('A table has the same columns whatever rows a page holds, and each value in a cell', async () => {
    const rows =
      '{"uuid":"u","properties":{"x.y":"dotted","x":{"y":1},"none":null,"empty":{},"list":[]},"new":[1]},{"uuid":null}';
    const properties = '"{""x.y"":""dotted"",""x"":{""y"":1},""none"":null,""empty"":{},""list"":[]}"';
    expect((await got(rowsPlan({ table }), `{"results":[${rows}],"next":null}`)).text).toBe(
      `${header}u,${properties},"{""new"":[1]}",dotted,"{""y"":1}"\r\n,,,,\r\n`,
    );
    for (const empty of ['{"results":[]}', '[]']) {
      expect((await got(rowsPlan({ table }), empty)).text).toBe(header);
    }
  });

  test('A table of a page that is none is a failure, as in JSON', async () => {
    for (const page of [
      '<html>',
      '{"results":[1]}',
      '{"results":[{}',
      '{"detail":"x"}',
      '{"results":[{}]} x',
    ]) {
      await expectInvalid(rowsPlan({ table }), page, /JSON/);
    }
  });

  test('A table is not much larger than the page it was made from, whatever the rows are like', async () => {
    const rows = Array.from({ length: 1000 }, (_, i) => ({ properties: { [`p${i}`]: `"${i}` } }));
    const page = JSON.stringify({ results: rows });
    const { text } = await got(rowsPlan({ table }), page);
    expect(text.length).toBeLessThan(3 * page.length);
  });
});

const shown = (row: string, properties: string[] = []) =>
  got(
    rowsPlan({ unreadable: 'as_written', table: { members: ['uuid', 'properties'], properties } }),
    `{"results":[{"uuid":"1"},${row},{"uuid":"3"}]}`,
  );
const line = (text: string) => text.split('\r\n').slice(2, -2).join('\r\n');

describe('Unreadable rows of a table that shows them as they are written', () => {
  test.for([
    ['the last of two members has the column', '{"uuid":"a","uuid":"b"}', 'b,,"{""uuid"":""a""}",'],
    ['an escaped name is the same name', '{"uuid":"a","u\\u0075id":"=b"}', `'=b,,"{""uuid"":""a""}",`],
    ['digits stay as written', '{"uuid":1.0,"n":1e400,"n":null}', '1.0,,"{""n"":1e400,""n"":null}",'],
    [
      'properties have both members in their cell, and the last in its column',
      '{"properties":{"x":1,"x":2}}',
      ',"{""x"":1,""x"":2}",,2',
    ],
    [
      'properties that are a list have no columns',
      '{"properties":["x"],"a":1,"a":2}',
      ',"[""x""]","{""a"":1,""a"":2}",',
    ],
    [
      'a text of more than one line is quoted',
      '{"uuid":"a\\nb","a":{"b":1,"b":2}}',
      '"a\nb",,"{""a"":{""b"":1,""b"":2}}",',
    ],
  ] as [string, string, string][])(
    'A row that cannot be looked at has a line: %s',
    async ([, row, cells]) => {
      const { text, outcome } = await shown(row, ['x']);
      expect(line(text)).toBe(cells);
      expect(outcome).toMatchObject({ rowsIn: 3, rowsOut: 3, rowsUnreadable: 0 });
    },
  );

  test('A deep row keeps every level', async () => {
    const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;
    expect(line((await shown(`{"uuid":"d","properties":${deep}}`)).text)).toBe(`d,${deep},`);
  });
});
