/** A request's body: JSON in UTF-8, as long as agreed on, and of one meaning. */
import { describe, expect, test, vi } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import { readBody } from '../../../src/http/input/body.ts';
import { isJsonInUtf8 } from '../../../src/http/input/media-type.ts';

const JSON_TYPE = { 'Content-Type': 'application/json' };
const MAX = LIMITS.bodyBytesMax;

const requestOf = (body: BodyInit | null, headers: HeadersInit = JSON_TYPE) =>
  new Request('https://g.example/', { method: 'POST', body, headers, duplex: 'half' } as RequestInit);
const read = async (body: BodyInit | null, headers?: HeadersInit) => {
  const result = await readBody(requestOf(body, headers));
  return result.ok ? result.value : result.failure.code;
};
const reason = async (body: BodyInit | null) => {
  const result = await readBody(requestOf(body));
  return result.ok ? 'taken' : result.failure.detail;
};

/** A body that says nothing of its length. */
const streamed = (...pieces: Uint8Array<ArrayBuffer>[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });

describe('Bodies', () => {
  test.each([
    ['{"a":1}', { a: 1 }],
    [' [1, 2] ', [1, 2]],
    ['null', null],
    ['"text"', 'text'],
    ['\uFEFF{"a":"ü🦔"}', { a: 'ü🦔' }],
  ])('The body %j is read', async (text, value) => {
    expect(await read(text)).toEqual(value);
  });

  test('A request without a body has none, whatever its content type', async () => {
    expect(await read(null, {})).toBeUndefined();
    expect(await read('', { 'Content-Type': 'text/plain' })).toBeUndefined();
    expect(await read(streamed(new Uint8Array(0)))).toBeUndefined();
  });

  test('A body may be as long as the limit, and no longer', async () => {
    const longest = JSON.stringify('x'.repeat(MAX - 2));
    expect(await read(longest)).toHaveLength(MAX - 2);
    expect(await read(`${longest} `)).toBe('body_too_large');
  });

  test('A body of unsaid length is measured as it arrives', async () => {
    const half = new Uint8Array(MAX / 2).fill(' '.charCodeAt(0));
    expect(await read(streamed(half, half))).toBe('body_invalid');
    expect(await read(streamed(half, half, new Uint8Array(1)))).toBe('body_too_large');
  });

  test('A body that says it is too long is refused before it is read', async () => {
    let pulled = false;
    const body = new ReadableStream(
      {
        pull: () => {
          pulled = true;
        },
      },
      { highWaterMark: 0 },
    );
    expect(await read(body, { ...JSON_TYPE, 'Content-Length': String(MAX + 1) })).toBe('body_too_large');
    expect(pulled).toBe(false);
  });

  test.each([
    ['{"a":', 'The body is not JSON.'],
    ['{a:1}', 'The body is not JSON.'],
    ['{"a":1}}', 'The body is not JSON.'],
    ['a=1&b=2', 'The body is not JSON.'],
    ['NaN', 'The body is not JSON.'],
    ['{"a":1,"a":2}', 'The body names a twice in one object.'],
    ['['.repeat(21) + ']'.repeat(21), 'The body is nested deeper than 20 levels.'],
    [
      '{"id":12345678901234567890}',
      'The body holds a number that would not be kept exactly: send it as text.',
    ],
    ['{"a":{"__proto__":{}}}', 'The body has a member called __proto__.'],
  ])('The body %s is refused: %s', async (text, detail) => {
    expect(await read(text)).toBe('body_invalid');
    expect(await reason(text)).toBe(detail);
  });

  test.each([
    ['a lone byte', [0x22, 0xff, 0x22]],
    ['a character cut off', [0x22, 0xc3, 0x22]],
    ['a surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['a slash written longer than it is', [0x22, 0xc0, 0xaf, 0x22]],
    ['UTF-16', [0xff, 0xfe, 0x22, 0x00, 0x22, 0x00]],
  ])('A body with %s is not UTF-8', async (_, bytes) => {
    expect(await reason(new Uint8Array(bytes))).toBe('The body is not UTF-8.');
  });
});

const breaking = () =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"a":'));
    },
    pull(controller) {
      controller.error(new TypeError('Network connection lost.'));
    },
  });

describe('Bodies that do not arrive whole', () => {
  test('A body whose stream errors is the client’s failure', async () => {
    expect(await readBody(requestOf(breaking()))).toMatchObject({
      ok: false,
      failure: { code: 'body_incomplete', attr: null },
    });
  });

  test('A body is given up after a total time, however often something of it arrives', async () => {
    const cancelled = vi.fn();
    const dripping = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          await new Promise((resolve) => setTimeout(resolve, 5));
          controller.enqueue(new TextEncoder().encode(' '));
        },
        cancel: cancelled,
      },
      { highWaterMark: 0 },
    );
    expect(await readBody(requestOf(dripping), { bytesMax: 1000, arrivalMsMax: 50 })).toMatchObject({
      ok: false,
      failure: { code: 'body_timeout', detail: expect.stringContaining('50 ms') as unknown },
    });
    expect(cancelled).toHaveBeenCalledOnce();
  });
});

describe('Content types', () => {
  test.each([
    'application/json',
    'Application/JSON',
    'application/json;charset=utf-8',
    'application/json; charset=UTF-8',
    'application/json ; charset="utf-8"',
    'application/json; charset=utf8',
    'application/json; Charset="Utf\\-8"',
    'application/json;',
    'application/json; ;\t; charset=utf-8 ;',
    'application/json; version=1; profile="a; charset=latin1, \\"b\\""',
    'application/json; charset=utf-8; charset="UTF-8"',
    ' application/json ',
  ])('The content type %s is read', async (type) => {
    expect(isJsonInUtf8(type)).toBe(true);
    expect(await read('{}', { 'Content-Type': type })).toEqual({});
  });

  test.each([
    '',
    'text/plain',
    'text/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json; charset=utf-16',
    'application/json; charset=latin1',
    'application/json; charset=us-ascii',
    'application/json; charset=utf-8; charset=utf-16',
    'application/json; charset=',
    'application/json; charset',
    'application/json; charset=utf-8, text/plain',
    'application/json, application/json',
    'application/json, text/plain',
    'application/json; charset="utf-8',
    'application/json; =utf-8',
    'application/json; charset =utf-8',
    'application/json charset=utf-8',
    'application/problem+json',
    'application/jsonp',
    'application/json/x',
    `application/json${';'.repeat(5000)}x`,
    `application/json; a="${'\\'.repeat(4999)}`,
  ])('The content type %j is not read', async (type) => {
    expect(isJsonInUtf8(type)).toBe(false);
    expect(await read('{}', { 'Content-Type': type })).toBe('content_type_unsupported');
  });

  test('A body needs a content type', async () => {
    expect(await read(new Uint8Array([0x7b, 0x7d]), {})).toBe('content_type_unsupported');
  });

  test.each(['gzip', 'br', 'deflate', 'identity, gzip', 'gzip;q=1', 'x-identity'])(
    'A body with the content coding %s is not read',
    async (coding) => {
      expect(await read('{}', { ...JSON_TYPE, 'Content-Encoding': coding })).toBe('content_type_unsupported');
    },
  );

  test.each(['identity', 'Identity', ' identity ', 'identity, identity', ''])(
    'A body with the content coding %j, which is none, is read',
    async (coding) => {
      expect(await read('{}', { ...JSON_TYPE, 'Content-Encoding': coding })).toEqual({});
    },
  );
});
