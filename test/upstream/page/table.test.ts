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
