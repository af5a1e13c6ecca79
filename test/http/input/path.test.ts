/** One reading of a path: what is accepted means the same to every reader there is. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkPath, targetOf } from '../../../src/http/input/path.ts';
import { runs } from '../../support/properties/runs.ts';

describe('Targets of URLs', () => {
  test.each([
    ['https://g.example/api/x', '/api/x', ''],
    ['https://g.example/api/x?a=1&b=2', '/api/x', 'a=1&b=2'],
    ['http://127.0.0.1:8787/', '/', ''],
    ['http://[::1]:8787/a', '/a', ''],
    ['https://g.example', '', ''],
    ['https://g.example?a=1', '', 'a=1'],
    ['https://g.example/a?b?c', '/a', 'b?c'],
    ['https://g.example/a#b?c', '/a', ''],
    ['https://g.example/a?b#c', '/a', 'b'],
    ['https://g.example/a/../b', '/a/../b', ''],
    ['https://g.example//a', '//a', ''],
    ['https://g.example\\a', '\\a', ''],
    ['https://g.example/%2e%2e/a', '/%2e%2e/a', ''],
    // Two Host headers, as the runtime joins them, and other things that are no URL.
    ['http://a.example, b.example/api', ', b.example/api', ''],
    ['http://user@g.example/a', '@g.example/a', ''],
    ['/api/x', '', ''],
    ['', '', ''],
  ])('The target of %s is %j and %j, as they were sent', (url, path, query) => {
    expect(targetOf(url)).toEqual({ path, query });
  });
});

describe('Paths', () => {
  test.each([
    '/',
    '/healthz',
    '/openapi.json',
    '/api/projects/7/persons',
    '/api/projects/7/persons/',
    '/api/environments/7/persons/funnel/correlation/',
    '/api/projects/@current/persons',
    '/v1/deletions/del_aB-_9',
    '/~x/a..b/a.',
  ])('The path %s is plain', (path) => {
    expect(checkPath(path)).toBeNull();
  });

  test.each([
    '',
    '//',
    '/api//projects',
    '/api/projects/7/persons//',
    '/.',
    '/..',
    '/api/./x',
    '/api/../x',
    '/api/x/..',
    '/.well-known/x',
    '/api/projects%2f7',
    '/api/%2e%2e/x',
    '/api/bulk%5Fdelete',
    '/api\\x',
    '/api/x;y',
    '/api/x y',
    '/api/x\u00a0',
    '/api/ü',
    '/api/x\u0000',
    '/api/x\n',
    '/api/a:b',
    '/api/a+b',
    'api/x',
    ', b.example/api',
    '*',
  ])('The path %j is odd', (path) => {
    expect(checkPath(path)).toMatchObject({ code: 'path_invalid', attr: null });
  });

  test('A path that is accepted survives being read as a URL', () => {
    const parts = fc.constantFrom(
      '/',
      '.',
      '..',
      '%2e',
      '%2F',
      '\\',
      ';',
      '@',
      '~',
      'a',
      '7',
      '_',
      '-',
      ':',
      ' ',
      '\t',
      '?',
      '#',
      'ü',
    );
    let accepted = 0;
    fc.assert(
      fc.property(
        fc.array(fc.oneof(parts, fc.constantFrom('/', '/', 'a', '.')), { maxLength: 10 }),
        (pieces) => {
          const path = `/${pieces.join('')}`;
          if (checkPath(path) !== null) return;
          accepted += 1;
          const read = new URL(`https://g.example${path}`);
          expect([read.pathname, read.search, read.hash, read.host]).toEqual([path, '', '', 'g.example']);
          expect(decodeURIComponent(path)).toBe(path);
          expect(targetOf(`https://g.example${path}`).path).toBe(path);
        },
      ),
      runs(2000),
    );
    expect(accepted).toBeGreaterThan(100);
  });
});
