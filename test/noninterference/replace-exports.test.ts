import { expect, test } from 'vitest';
import { replaceExport } from './replace-exports.ts';

const SOURCES = new Map([
  ['one.ts', 'export const twice = 1;\nexport async function read(): Promise<number> {\n  return 1;\n}\n'],
  ['two.ts', "import { read } from './one.ts';\nexport const twice = 2;\nexport const reader = read;\n"],
]);

test('An exported function is replaced in the file that declares it, wherever that is', () => {
  expect(replaceExport(SOURCES, { name: 'read', instead: '() => original() + 1' })).toEqual({
    path: 'one.ts',
    text:
      'export const twice = 1;\nasync function original_read(): Promise<number> {\n  return 1;\n}\n\n' +
      'export const read = ((original) => (() => original() + 1))(original_read);\n',
  });
});

test('A name that starts with the asked one is another export', () => {
  expect(replaceExport(SOURCES, { name: 'reader', instead: 'original' }).path).toBe('two.ts');
});

test.each([
  ['that no file exports', 'gone', 'is 0 times'],
  ['that two files export', 'twice', 'is 2 times: one.ts, two.ts'],
])('A replacement of a name %s throws', (_, name, message) => {
  expect(() => replaceExport(SOURCES, { name, instead: 'original' })).toThrow(message);
});
