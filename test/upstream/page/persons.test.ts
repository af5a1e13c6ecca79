/** Look-ups read of a person what decides about a slice, however large profiles are. */
import { describe, expect, test } from 'vitest';
import { failure } from '../../../src/core/failure.ts';
import type { ChunkReader } from '../../../src/upstream/chunks.ts';
import { readPersons, type PersonsAt, type PickedPerson } from '../../../src/upstream/page/persons.ts';

const MIB = 1_048_576;
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const lost = () => failure('upstream_unreachable', 'lost');

/** Text in pieces, made as they are read, so that a large answer is never in memory. */
function readerOf(pieces: Iterable<string>): ChunkReader {
  const left = pieces[Symbol.iterator]();
  return {
    whole: false,
    read: async () => {
      const next = left.next();
      return next.done === true ? null : bytesOf(next.value);
    },
    cancel: async () => undefined,
  };
}

async function read(at: PersonsAt, pieces: Iterable<string>) {
  const found: [string | null, PickedPerson][] = [];
  const result = await readPersons(
    { chunks: () => readerOf(pieces), lost },
    at,
    ['tenant_id'],
    (person, id) => found.push([id, person]),
  );
  return { found, result };
}

const person = (uuid: string, tenant: string, note: string): string =>
  `{"id":1,"uuid":"${uuid}","name":${note},"distinct_ids":["a","b\\u0063"],"properties":{"note":${note},"tenant_id":"${tenant}","n":[${note}]}}`;
const PICKED = (uuid: string, tenant: string): PickedPerson => ({
  uuid,
  distinct_ids: ['a', 'bc'],
  properties: { tenant_id: tenant },
});

test('Only the UUID, the distinct ids and the named properties of a person are picked', async () => {
  const one = person('u1', 'acme', '"x"');
  const two = person('u2', 'bolt', '{"tenant_id":"acme","uuid":"x"}');
  const both = [PICKED('u1', 'acme'), PICKED('u2', 'bolt')];
  expect(await read('map', [`{"results":{"p":${one},"q":${two}}}`])).toEqual({
    found: [
      ['p', both[0]],
      ['q', both[1]],
    ],
    result: { ok: true, value: { more: false } },
  });
  expect(await read('results', [`{"results":[${one},${two}],"next":"x"}`])).toEqual({
    found: both.map((picked) => [null, picked]),
    result: { ok: true, value: { more: true } },
  });
  expect((await read('person', [one])).found).toEqual([[null, both[0]]]);
});

test('The picked persons are the same wherever an answer is cut', async () => {
  const text = `{"results":{"p":${person('u1', 'acme', '"\\\\\\"]}"')}}}`;
  for (let cut = 1; cut < text.length; cut += 1) {
    const { found } = await read('map', [text.slice(0, cut), text.slice(cut)]);
    expect(found).toEqual([['p', PICKED('u1', 'acme')]]);
  }
});

function* largePersons(): Generator<string> {
  const part = 'x'.repeat(MIB / 4);
  yield '{"results":{';
  for (let i = 0; i < 200; i += 1) {
    yield `${i === 0 ? '' : ','}"id${i}":{"uuid":"u${i}","properties":{"note":"`;
    for (let quarter = 0; quarter < 4; quarter += 1) yield part;
    yield `","tenant_id":"${i === 150 ? 'acme' : 'bolt'}"}}`;
  }
  yield '}}';
}

test('Two hundred persons of a megabyte each do not make a look-up fail', async () => {
  const { found, result } = await read('map', largePersons());
  expect(result).toMatchObject({ ok: true });
  expect(found).toHaveLength(200);
  expect(found[150]).toEqual(['id150', { uuid: 'u150', properties: { tenant_id: 'acme' } }]);
});

describe('Persons of a look-up', () => {
  test.for([
    '{"uuid":"u","uuid":"v","properties":{"tenant_id":"acme"}}',
    '{"uuid":"u","properties":{"tenant_id":"bolt","tenant_id":"acme"}}',
    '{"uuid":"u","properties":{"tenant_id":"bolt"},"properties":{"tenant_id":"acme"}}',
    '{"uuid":"u","properties":{"tenant_id":"bolt","tenant\\u005fid":"acme"}}',
  ])('A person that repeats a deciding member is there, with nothing known of it: %s', async (text) => {
    expect((await read('results', [`{"results":[${text}]}`])).found).toEqual([[null, {}]]);
  });

  test('A person whose property is no text, or is very long, is in no slice', async () => {
    for (const value of ['["acme"]', '{"a":"acme"}', '7', 'null', `"${'x'.repeat(20_000)}"`]) {
      const { found } = await read('person', [`{"uuid":"u","properties":{"tenant_id":${value}}}`]);
      expect(found).toEqual([[null, { uuid: 'u', properties: { tenant_id: null } }]]);
    }
  });

  test('A person whose names are as long as a profile does not make the look-up fail', async () => {
    const { found } = await read('person', [
      `{"uuid":"u","properties":{"${'n'.repeat(MIB)}":1,"tenant_id":"acme"}}`,
    ]);
    expect(found).toEqual([[null, { uuid: 'u', properties: { tenant_id: 'acme' } }]]);
  });
});

test.for<[PersonsAt, string]>([
  ['person', '{"results":[],"next":null}'],
  ['person', '[]'],
  ['person', '<html>'],
  ['map', '{"results":[]}'],
  ['map', '{"results":{"a":1}}'],
  ['results', '{"results":{}}'],
  ['results', '{"next":null}'],
  ['results', '{"results":[{"uuid":"u"}'],
  ['results', '{"results":[{"uuid":"u"}],"next":17}'],
  ['results', '{"results":[{"uuid":"u"}],"next":true}'],
  ['results', '{"results":[{"uuid":"u"}],"next":{"url":"x"}}'],
])('Another answer to a look-up of %s is a failure, not an unknown person: %s', async ([at, text]) => {
  expect((await read(at, [text])).result).toMatchObject({
    ok: false,
    failure: { code: 'upstream_reply_invalid' },
  });
});
