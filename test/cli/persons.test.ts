/** Persons at the command line: as a table, whole, and as files, with digits kept and nothing obeyed. */
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { CLI_FILE } from '../../scripts/build-cli.ts';
import { BEN } from '../../src/sandbox/seed/names.ts';
import { commandLine, factsOf, rowsOf } from '../support/cli.ts';
import { readCsv } from '../support/csv.ts';
import { listening } from '../support/listener.ts';
import { startStack } from '../support/stack.ts';

const { origin, tenants, sandbox } = await startStack();
const { run, start, runOnTerminal, folder } = await commandLine(origin);
const { token } = await tenants.fresh();

const ODD_UUID = '0190c0de-00ff-7000-8000-0000000000ff';
/** Clears the screen, sets the title, turns the direction, breaks the line; and is a cell that spreadsheets run. */
const HOSTILE = '\u001b[2J\u001b]0;gone\u0007<b>x</b>\u202e\u200b\u0085\r\n=1+1';
const EMOJI = '👩‍👩‍👧 Ünïcode';

beforeAll(async () => {
  await sandbox.addPersons([
    { project_id: 1, uuid: ODD_UUID, distinct_ids: ['odd'], properties: { email: HOSTILE, note: EMOJI } },
  ]);
});

describe('The command persons', () => {
  test('A list shows so many persons, of all or of those that are meant', async () => {
    const rows = rowsOf(await run(['persons', 'list', '--limit', '3'], { token }));
    expect(rows[0]).toEqual(['UUID', 'NAME', 'CREATED', 'DISTINCT IDS']);
    expect(rows).toHaveLength(4);
    const ben = await run(['persons', 'list', '--email', 'ben@acme.test', '--project', '1'], { token });
    expect(rowsOf(ben).slice(1)).toEqual([expect.arrayContaining([BEN.uuid])]);
    const found = await run(['persons', 'list', '--distinct-id', 'nobody-has-this', '--json'], { token });
    expect(JSON.parse(found.out)).toEqual([]);
    const all = await run(['persons', 'list', '--json', '--limit', '5000'], { token });
    expect(JSON.parse(all.out)).toHaveLength(41);
  });

  test('A list that needs more than a page follows the pages', async () => {
    await sandbox.forget();
    const { out } = await run(['persons', 'list', '--limit', '41', '--json'], { token });
    expect(new Set((JSON.parse(out) as { uuid: string }[]).map(({ uuid }) => uuid)).size).toBe(41);
  });

  test('A person is shown whole, and one that is not there ends with 5', async () => {
    const ran = await run(['persons', 'get', BEN.uuid], { token });
    expect(factsOf(ran)).toMatchObject({ uuid: BEN.uuid, 'properties.email': 'ben@acme.test' });
    const none = await run(['persons', 'get', '00000000-0000-4000-8000-000000000000'], { token });
    expect(none).toMatchObject({ code: 5, out: '' });
    expect(await run(['persons', 'get', BEN.uuid, '--project', '2'], { token })).toMatchObject({ code: 4 });
    expect(await run(['persons', 'get', '../../../v1/whoami'], { token })).toMatchObject({ out: '' });
  });

  test('A number keeps the digits that PostHog wrote, in JSON and JSONL', async () => {
    const row = '{ "uuid": "x",\n "n": 12345678901234567890, "one": 1.0, "text": "a, \\"]} b" }';
    const url = await listening(
      createServer((request, response) => {
        response.setHeader('content-type', 'application/json');
        response.end(
          request.url?.includes('whoami') === true
            ? '{"grant":{"project_id":1}}'
            : `{"next":null,"results":[${row},\n${row}],"previous":null}`,
        );
      }),
    );
    for (const args of [
      ['persons', 'export'],
      ['persons', 'list', '--json'],
    ]) {
      const { out } = await run([...args, '--url', url], { token });
      expect(out.match(/12345678901234567890, "one": 1\.0, "text": "a, \\"\]} b"/g)).toHaveLength(2);
    }
    const exported = await run(['persons', 'export', '--url', url], { token });
    expect(
      exported.out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as object),
    ).toHaveLength(2);
  });
});

describe('Text of persons', () => {
  test('A name with escape sequences, line breaks and marks of direction is shown as text on a terminal and in tables', async () => {
    for (const args of [
      ['persons', 'list', '--distinct-id', 'odd'],
      ['persons', 'get', ODD_UUID],
      ['persons', 'get', ODD_UUID, '--json'],
    ]) {
      const { out } = await run(args, { token });
      // oxlint-disable-next-line no-control-regex -- these are what must not be there
      expect(out.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u200b]/);
      expect(out).toContain('<b>x</b>');
      expect(out).toContain('\\u001b[2J');
    }
    const { out } = await run(['persons', 'get', ODD_UUID, '--json'], { token });
    expect(JSON.parse(out)).toMatchObject({ properties: { email: HOSTILE, note: EMOJI } });
    expect(out).toContain(EMOJI);
    const watched = await runOnTerminal(
      ['persons', 'export', '--distinct-id', 'odd', '--format', 'csv'],
      [],
      { token },
    );
    expect(watched.out).not.toContain('\u001b[2J');
    expect(watched.out).not.toContain('\u202e');
  });

  test('A distinct id in the place of a person is refused with the command that takes it', async () => {
    const ran = await run(['persons', 'get', 'ben@acme.test'], { token });
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toContain('hedgerow persons list --distinct-id ben@acme.test');
  });

  test('A property whose name has escape sequences and line breaks is shown as text', async () => {
    const uuid = '0190c0de-00ff-7000-8000-0000000000fe';
    await sandbox.addPersons([
      { project_id: 1, uuid, distinct_ids: ['odd-name'], properties: { [HOSTILE]: 'x' } },
    ]);
    const { code, out } = await run(['persons', 'get', uuid], { token });
    expect(code).toBe(0);
    // oxlint-disable-next-line no-control-regex -- these are what must not be there
    expect(out.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u200b]/);
    expect(out).toContain('properties.\\u001b[2J');
  });
});

/** A server that is no gateway, or one whose answer was cut off by something in front of it. */
const answering = (type: string, body: string) =>
  listening(createServer((_, response) => void response.writeHead(200, { 'content-type': type }).end(body)));

describe('An answer that is no page', () => {
  test.each([
    ['text/html', '<h1>Sign in to the network</h1>'],
    ['application/json', '{"next":null,"results":[{"uuid":"x"},{"uu'],
    ['application/json', '{"results":[{"uuid":"x"}]}'],
    ['application/json', '[]'],
  ])('An answer as %s that is %j makes no export, and no list', async (type, body) => {
    const file = join(folder, 'no-page');
    const url = await answering(type, body);
    const asked = ['--project', '1', '--url', url];
    for (const args of [
      ['persons', 'export', '-o', file],
      ['persons', 'export', '--format', 'csv', '-o', file],
      ['persons', 'list', '--json'],
    ]) {
      const ran = await run([...args, ...asked], { token });
      expect(ran).toMatchObject({ code: 7, out: '' });
      expect(ran.err).toContain('not a Hedgerow gateway');
    }
    expect(existsSync(file) || existsSync(`${file}.part`)).toBe(false);
    const person = await run(['persons', 'get', ODD_UUID, ...asked], { token });
    expect(person.code).toBe(body.startsWith('{"results":[{"uuid":"x"}]}') ? 0 : 7);
  });
});

describe('The command persons export', () => {
  test('A file that is left beside from before is not written into, open to others or a link', async () => {
    const file = join(folder, 'beside.jsonl');
    const other = join(folder, 'of-another.txt');
    writeFileSync(other, 'of another');
    symlinkSync(other, `${file}.part`);
    expect(await run(['persons', 'export', '-o', file], { token })).toMatchObject({ code: 0 });
    expect(readFileSync(other, 'utf8')).toBe('of another');
    expect(lstatSync(file).isFile()).toBe(true);
    const open = join(folder, 'open.jsonl');
    writeFileSync(`${open}.part`, '', { mode: 0o666 });
    expect(await run(['persons', 'export', '-o', open], { token })).toMatchObject({ code: 0 });
    expect(statSync(open).mode & 0o777).toBe(0o600);
  });

  test('A result that a full disk does not take is said so in a line, and no trace of the program is shown', async () => {
    const command = `'${process.execPath}' '${CLI_FILE}' completion bash > /dev/full`;
    const { status, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^error The results cannot be written: [^\n]*\n$/);
  });

  test('An export as JSONL has a person in each line, and says on stderr how many', async () => {
    const ran = await run(['persons', 'export'], { token });
    const rows = ran.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { uuid: string });
    expect(rows.length).toBeGreaterThan(40);
    expect(rows.map(({ uuid }) => uuid)).toContain(ODD_UUID);
    expect(ran.err).toBe(`${rows.length} persons. Done.\n`);
  });

  test('An export as CSV has one line of titles over all pages, and the columns that were asked for', async () => {
    const more = Array.from({ length: 1200 }, (_, i) => ({
      project_id: 1,
      distinct_ids: [`many-${i}`],
      properties: { email: `many-${i}@export.test`, quoted: 'a "quoted"\nline' },
    }));
    await sandbox.addPersons(more);
    const file = join(folder, 'persons.csv');
    const args = ['persons', 'export', '--format', 'csv', '--columns', 'email,quoted', '-o', file];
    const ran = await run([...args, '--search', 'export.test'], { token });
    expect(ran).toMatchObject({ code: 0, out: '' });
    const rows = readCsv(readFileSync(file, 'utf8'));
    expect(rows[0]).toEqual(expect.arrayContaining(['uuid', 'properties.email', 'properties.quoted']));
    expect(rows).toHaveLength(1201);
    expect(rows.filter(([uuid]) => uuid === 'uuid')).toHaveLength(1);
    expect(ran.err).toContain('1,200 persons. Done');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('A file that is there is asked about, and one that cannot be written is named', async () => {
    const file = join(folder, 'there.jsonl');
    writeFileSync(file, 'old');
    expect(await run(['persons', 'export', '-o', file], { token })).toMatchObject({ code: 2 });
    expect(readFileSync(file, 'utf8')).toBe('old');
    const nowhere = join(folder, 'no-folder/x.jsonl');
    const ran = await run(['persons', 'export', '-o', nowhere], { token });
    expect(ran.code).toBe(2);
    expect(ran.err).toContain(nowhere);
  });

  test('An export that is interrupted leaves no file and ends with 130', async () => {
    const file = join(folder, 'broken.jsonl');
    await sandbox.hold({ path_contains: 'persons' });
    const running = start(['persons', 'export', '-o', file], { token });
    await expect.poll(() => existsSync(`${file}.part`), { timeout: 45_000 }).toBe(true);
    running.signal('SIGINT');
    const ran = await running.ended;
    await sandbox.release();
    expect(ran.code).toBe(130);
    expect(ran.err).toContain('not complete');
    expect(existsSync(file) || existsSync(`${file}.part`)).toBe(false);
  });

  test('An export to a file says in JSON which file it is and how many persons it holds, and one to stdout holds rows alone', async () => {
    const file = join(folder, 'told.csv');
    const ran = await run(['persons', 'export', '--format', 'csv', '-o', file, '--json'], { token });
    expect(ran).toMatchObject({ code: 0 });
    const rows = (await run(['persons', 'export'], { token })).out.trimEnd().split('\n').length;
    expect(JSON.parse(ran.out)).toEqual({ file, format: 'csv', persons: rows });
    const { out } = await run(['persons', 'export', '--format', 'csv', '--json'], { token });
    expect(out).toBe(readFileSync(file, 'utf8'));
  });

  test('An export whose reader stops reading ends by itself, without a word', async () => {
    const running = start(['persons', 'export'], { token });
    running.stopReading();
    const ran = await running.ended;
    expect([0, 141]).toContain(ran.code);
    expect(ran.err).not.toContain('error');
  });

  test('A PostHog that fails ends with 7, with the request id, and leaves no file', async () => {
    const file = join(folder, 'failed.jsonl');
    await sandbox.fault({ kind: 'status', status: 500, times: 5 });
    const ran = await run(['persons', 'export', '-o', file], { token });
    await sandbox.clearFaults();
    expect(ran.code).toBe(7);
    expect(ran.err).toMatch(/upstream_error · status 502 · request_id req_/);
    expect(existsSync(file)).toBe(false);
  });
});
