/** The canonical log line: its fields, and their documentation. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { failure } from '../../src/core/failure.ts';
import type { RequestId } from '../../src/core/ids.ts';
import { lineOf, noteFailure, openLog, type LogLine } from '../../src/http/log.ts';

const request = { method: 'GET', headers: new Headers({ Origin: 'https://evil.example' }) };
const opened = () => openLog('req_x' as RequestId, 0, 'persons_list');

/** A line with everything in it, which no single request has. */
function fullLine(): LogLine {
  const log = opened();
  noteFailure(log, {
    ...failure('origin_not_allowed', 'Not you.', 'Origin'),
    missingScopes: ['person:read'],
    limit: 'tenant',
    upstreamScope: 'person:read',
  });
  return lineOf({ ...log, foreignRows: 1, droppedRows: 2, remembered: true }, request, 403, 5);
}

const writtenIn = (line: LogLine) => Object.keys(JSON.parse(JSON.stringify(line)) as object);

test('The table of docs/log.md has a row for every field of a line, in the order of the line, and no other', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/log.md'), 'utf8');
  const rows = [...text.matchAll(/^\| `([a-z_]+)` \| (yes|no) \|/gm)].map(([, name, always]) => ({
    name,
    always,
  }));
  expect(rows.map(({ name }) => name)).toEqual(writtenIn(fullLine()));
  const always = rows.filter(({ always: is }) => is === 'yes').map(({ name }) => name);
  expect(always).toEqual(writtenIn(lineOf(opened(), request, 200, 5)));
});

test('A line without a refusal says nothing of the origin that asked', () => {
  expect(JSON.stringify(lineOf(opened(), request, 200, 5))).not.toContain('evil.example');
});

test.each([
  ['limit', 'limit'],
  ['properties[0].key', 'properties'],
  ['properties.zoe@corp.test', 'properties'],
  ['slice.value', 'slice'],
  ['Origin', 'Origin'],
  ['zoe@corp.test', undefined],
  ['phx_secret', undefined],
  ['__proto__', undefined],
  ['', undefined],
])('The member at fault %j is logged as %j', (attr, logged) => {
  const log = opened();
  noteFailure(log, failure('field_invalid', 'Wrong.', attr));
  expect(lineOf(log, request, 400, 5).attr).toBe(logged);
});
