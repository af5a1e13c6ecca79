/** Deletions at the command line: asked for, followed, interrupted, resumed, previewed and decided about. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { clientOf } from '../support/client.ts';
import { commandLine, factsOf, rowsOf, type Ran, type RunOptions } from '../support/cli.ts';
import { ADMIN_TOKEN } from '../support/secrets.ts';
import { startStack } from '../support/stack.ts';

const { origin, tenants, sandbox } = await startStack({ bindings: { DELETION_LOOK_SECONDS: '1' } });
const { run, start, runOnTerminal, folder } = await commandLine(origin);
const boss = (args: readonly string[], options: RunOptions = {}) =>
  run(args, { token: ADMIN_TOKEN, ...options });

let made = 0;
/** Persons of a test's own, and a file of their ids. */
async function persons(count: number): Promise<{ readonly ids: readonly string[]; readonly file: string }> {
  made += 1;
  const uuid = (i: number) =>
    `0190c0de-0${String(made).padStart(3, '0')}-7000-9000-${String(i).padStart(12, '0')}`;
  const ids = Array.from({ length: count }, (_, i) => uuid(i));
  await sandbox.addPersons(
    ids.map((id, i) => ({ project_id: 1, uuid: id, distinct_ids: [`of-${made}-${i}`], properties: {} })),
  );
  const file = join(folder, `ids-${made}.txt`);
  writeFileSync(file, `${ids.join('\r\n')}\n\n`);
  return { ids, file };
}

const thereOf = async (ids: readonly string[]): Promise<number> => {
  const state = await sandbox.state();
  const there = new Set(state.persons.map(({ uuid }) => uuid));
  return ids.filter((id) => there.has(id)).length;
};
const sentDeletes = async () =>
  (await sandbox.received()).filter(({ target }) => target.includes('bulk_delete')).length;

function* million(): Generator<string> {
  for (let part = 0; part < 1000; part += 1)
    yield Array.from({ length: 1000 }, (_, i) => `id-${part}-${i}\n`).join('');
}

const idOf = async (ran: Promise<Ran>) => factsOf(await ran)['deletion'];

describe('The command deletions create', () => {
  test('A deletion of ids from a file or from stdin is followed to its end', async () => {
    const { token } = await tenants.fresh();
    const { ids, file } = await persons(3);
    const ran = await run(['deletions', 'create', '--ids', file, '--yes'], { token });
    expect(ran).toMatchObject({ code: 0 });
    expect(factsOf(ran)).toMatchObject({ state: 'done', gone: '3' });
    expect(ran.err).toMatch(/^settling /m);
    expect(await thereOf(ids)).toBe(0);
    const more = await persons(2);
    const piped = ['deletions', 'create', '--distinct-ids', '-', '--json', '--yes'];
    const json = await run(piped, { token, input: `of-${made}-0\nof-${made}-1\nof-${made}-1` });
    expect(JSON.parse(json.out)).toMatchObject({ state: 'done', asked: 2, target: 'distinct_ids' });
    expect(await thereOf(more.ids)).toBe(0);
  });

  test('A deletion that is killed while it is sent goes on, and the same command finds it again', async () => {
    const { token } = await tenants.fresh();
    const { ids, file } = await persons(2500);
    await sandbox.forget();
    await sandbox.hold({ path_contains: 'bulk_delete' });
    const args = ['deletions', 'create', '--ids', file, '--yes'];
    const first = start(args, { token });
    await first.says('written down as del_');
    first.signal('SIGKILL');
    const killed = await first.ended;
    expect(killed.code).toBe(null);
    await sandbox.release();
    const again = await run(args, { token });
    expect(again).toMatchObject({ code: 0 });
    expect(again.err).toContain('This was asked for before');
    expect(factsOf(again)).toMatchObject({
      state: 'done',
      asked: expect.stringContaining('2,500') as unknown,
    });
    const id = /written down as (del_[\w-]+)/.exec(killed.err)?.[1];
    expect(factsOf(again)).toMatchObject({ deletion: id });
    expect(await thereOf(ids)).toBe(0);
    expect(await sentDeletes()).toBe(3);
    expect(rowsOf(await run(['deletions', 'list'], { token }))).toHaveLength(2);
  });

  test('A deletion that is interrupted with Ctrl-C says that it goes on and how to follow it, and follow brings it to its end', async () => {
    const { token } = await tenants.fresh();
    const { ids, file } = await persons(1500);
    await sandbox.hold({ path_contains: 'bulk_delete' });
    const running = start(['deletions', 'create', '--ids', file, '--yes'], { token });
    await running.says('sending ');
    running.signal('SIGINT');
    const ran = await running.ended;
    await sandbox.release();
    expect(ran).toMatchObject({ code: 130, out: '' });
    const [, id = ''] = /hedgerow deletions follow (del_[\w-]+)/.exec(ran.err) ?? [];
    const followed = await run(['deletions', 'follow', id], { token });
    expect(followed).toMatchObject({ code: 0 });
    expect(factsOf(followed)).toMatchObject({ deletion: id, state: 'done' });
    expect(await thereOf(ids)).toBe(0);
  });

  test('A deletion whose order is interrupted says that the same command finds out', async () => {
    const { token } = await tenants.fresh();
    const running = start(['deletions', 'create', '--distinct-ids', '-', '--yes'], {
      token,
      input: 'never-there-0',
    });
    await running.says('idempotency key');
    running.signal('SIGTERM');
    const ran = await running.ended;
    expect([130, 143]).toContain(ran.code);
    expect(ran.err).toMatch(/same command again|deletions follow/);
    const again = await run(['deletions', 'create', '--distinct-ids', '-', '--yes'], {
      token,
      input: 'never-there-0',
    });
    expect(again).toMatchObject({ code: 0 });
    expect(rowsOf(await run(['deletions', 'list'], { token }))).toHaveLength(2);
  });

  test('The same ids are the same deletion, in any order, unless --again or another key makes a new one', async () => {
    const { token } = await tenants.fresh();
    const order = (input: string, ...more: string[]) =>
      run(['deletions', 'create', '--distinct-ids', '-', '--yes', '--no-follow', ...more], { token, input });
    const first = await idOf(order('nobody-a\nnobody-b\n'));
    expect(await idOf(order('nobody-b\nnobody-a'))).toBe(first);
    const others = [
      await idOf(order('nobody-a\nnobody-b\n', '--again')),
      await idOf(order('nobody-a\nnobody-b\n', '--delete-events')),
      await idOf(order('nobody-a\nnobody-b\n', '--idempotency-key', 'my own')),
    ];
    expect(new Set([first, ...others]).size).toBe(4);
    expect(await order('x', '--again', '--idempotency-key', 'k')).toMatchObject({ code: 2 });
  });

  test('A file of a million ids is read to its end, refused with the number, and nothing is asked of the gateway', async () => {
    const { token } = await tenants.fresh();
    const ran = await run(['deletions', 'create', '--distinct-ids', '-', '--yes'], {
      token,
      input: million(),
    });
    expect(ran).toMatchObject({ code: 6, out: '' });
    expect(ran.err).toContain('1,000,000 ids in stdin, and a deletion takes 100,000');
    expect(rowsOf(await run(['deletions', 'list'], { token }))).toHaveLength(1);
  });

  test.each([
    [['--ids', 'no-such-file'], '', 2],
    [['--ids', '-'], '\n\r\n', 2],
    [['--ids', '-'], 'x'.repeat(10_000), 2],
    [['--ids', '-'], 'no-uuid\n', 6],
    [['--ids', '-', '--distinct-ids', '-'], 'x', 2],
    [[], 'x', 2],
    [['--filter', '{'], '', 2],
    [['--filter', '[]'], '', 2],
    [['--filter', '{"nonsense": 1}'], '', 6],
  ])('An order like %j of %j ends with %d, and nothing is deleted', async (args, input, code) => {
    const { token } = await tenants.fresh();
    const ran = await run(['deletions', 'create', '--yes', ...args], {
      token,
      input: input.slice(0, 10_000),
    });
    expect(ran).toMatchObject({ code, out: '' });
    expect(rowsOf(await run(['deletions', 'list'], { token }))).toHaveLength(1);
  });

  test('A file that is not in UTF-8 is refused, as its ids would be read as others', async () => {
    const { token } = await tenants.fresh();
    const file = join(folder, 'latin-1.txt');
    writeFileSync(file, Buffer.from('andré\n', 'latin1'));
    const ran = await run(['deletions', 'create', '--distinct-ids', file, '--yes'], { token });
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toContain(`The text of the file ${file} is not in UTF-8`);
    expect(rowsOf(await run(['deletions', 'list'], { token }))).toHaveLength(1);
  });

  test('An id with a line break in it is shown as JSON, and not as two ids', async () => {
    const { token } = await tenants.fresh();
    const api = clientOf(origin);
    const id = 'ada@acme.test\nben@acme.test';
    const { json } = await api('POST', '/v1/deletions', { token, json: { distinct_ids: [id] } });
    const get = ['deletions', 'get', (json as { id: string }).id, '--ids'];
    const lines = await run(get, { token });
    expect(lines).toMatchObject({ code: 6, out: '' });
    expect(lines.err).toContain('give --json');
    expect(JSON.parse((await run([...get, '--json'], { token })).out)).toEqual([id]);
  });

  test('A deletion is asked about on a terminal, where a bar shows how far it is', async () => {
    const { token } = await tenants.fresh();
    const { ids, file } = await persons(2);
    const no = await runOnTerminal(['deletions', 'create', '--ids', file], [['This cannot be undone', 'n']], {
      token,
    });
    expect(no.code).toBe(12);
    expect(await thereOf(ids)).toBe(2);
    const yes = await runOnTerminal(
      ['deletions', 'create', '--ids', file],
      [['This cannot be undone', 'y']],
      {
        token,
      },
    );
    expect(yes.code).toBe(0);
    expect(yes.out).toContain('█');
    expect(await thereOf(ids)).toBe(0);
    expect(await run(['deletions', 'create', '--ids', file], { token })).toMatchObject({ code: 2 });
  });

  test('A deletion that PostHog refuses ends with 9, with the reason', async () => {
    const { token } = await tenants.fresh();
    const { file } = await persons(1);
    await sandbox.fault({ kind: 'status', status: 400, path_contains: 'bulk_delete' });
    const ran = await run(['deletions', 'create', '--ids', file, '--yes'], { token });
    expect(ran.code).toBe(9);
    expect(factsOf(ran)['state']).toBe('failed (refused)');
  });
});

describe('A preview', () => {
  test('A preview shows whom it would delete, and deletes them after a yes', async () => {
    const { token } = await tenants.fresh();
    const { ids } = await persons(2);
    const filter = JSON.stringify({ search: `of-${made}-` });
    const args = ['deletions', 'create', '--filter', filter, '--preview'];
    const unanswered = await run(args, { token });
    expect(unanswered).toMatchObject({ code: 2, out: '' });
    expect(unanswered.err).toContain('It would delete 2 persons');
    for (const id of ids) expect(unanswered.err).toContain(id);
    expect(await thereOf(ids)).toBe(2);
    const [, id = ''] = /written down as (del_[\w-]+)/.exec(unanswered.err) ?? [];
    const wrong = `sha256:${'0'.repeat(64)}`;
    const other = await run(['deletions', 'confirm', id, '--digest', wrong, '--yes'], { token });
    expect(other).toMatchObject({ code: 6, out: '' });
    const [digest = ''] = /sha256:[0-9a-f]{64}/.exec(unanswered.err) ?? [];
    const confirmed = await run(['deletions', 'confirm', id, '--digest', digest, '--yes'], { token });
    expect(confirmed).toMatchObject({ code: 0 });
    expect(factsOf(confirmed)).toMatchObject({ deletion: id, state: 'done' });
    expect(await thereOf(ids)).toBe(0);
    // As after an interruption: the same confirmation is the same, and without a digest nothing is confirmed.
    expect(await run(['deletions', 'confirm', id, '--digest', digest], { token })).toMatchObject({ code: 0 });
    expect(await run(['deletions', 'confirm', id], { token })).toMatchObject({ code: 6 });
  });

  test('A grant that wants a preview is met with --preview, and the refusal says so', async () => {
    const rules = { persons_per_day: 100, events: false, recordings: false, preview_over: 1 };
    const { token } = await tenants.fresh({ deletes: rules });
    const { ids, file } = await persons(2);
    const refused = await run(['deletions', 'create', '--ids', file, '--yes'], { token });
    expect(refused).toMatchObject({ code: 4, out: '' });
    expect(refused.err).toContain('--preview');
    const ran = await run(['deletions', 'create', '--ids', file, '--preview', '--yes'], { token });
    expect(ran).toMatchObject({ code: 0 });
    expect(await thereOf(ids)).toBe(0);
  });
});

describe('Decisions', () => {
  const APPROVAL = { persons_per_day: 100, events: false, recordings: false, approval_over: 0 };
  const held = async () => {
    const { tenant, token } = await tenants.fresh({ deletes: APPROVAL });
    const { ids, file } = await persons(1);
    const ran = await run(['deletions', 'create', '--ids', file, '--yes'], { token });
    expect(ran.code).toBe(10);
    const id = factsOf(ran)['deletion'] ?? '';
    return { tenant, token, ids, id, of: [id, '--tenant', tenant] };
  };

  test('A deletion that is held ends with 10, and goes on once it is approved', async () => {
    const { token, ids, id, of } = await held();
    const waiting = start(['deletions', 'follow', id, '--wait'], { token });
    await waiting.says('held');
    expect(await boss(['deletions', 'approve', ...of])).toMatchObject({ code: 2 });
    expect(await boss(['deletions', 'approve', ...of, '--yes'])).toMatchObject({ code: 0 });
    expect(await waiting.ended).toMatchObject({ code: 0 });
    expect(await thereOf(ids)).toBe(0);
    expect(factsOf(await boss(['deletions', 'follow', ...of]))).toMatchObject({ state: 'done' });
    expect(await boss(['deletions', 'approve', ...of, '--yes'])).toMatchObject({ code: 6 });
  });

  test('A deletion is rejected by an operator, and cancelled by either, and nothing of it is sent', async () => {
    const rejected = await held();
    expect(await boss(['deletions', 'reject', ...rejected.of, '--yes'])).toMatchObject({ code: 2 });
    const why = ['--reason', 'asked for twice', '--yes'];
    expect(await boss(['deletions', 'reject', ...rejected.of, ...why])).toMatchObject({ code: 0 });
    const seen = await run(['deletions', 'follow', rejected.id], { token: rejected.token });
    expect(seen).toMatchObject({ code: 9 });
    expect(factsOf(seen)).toMatchObject({ state: 'cancelled (rejected)', note: 'asked for twice' });
    const own = await held();
    expect(await run(['deletions', 'cancel', own.id, '--yes'], { token: own.token })).toMatchObject({
      code: 0,
    });
    const bosses = await held();
    expect(await boss(['deletions', 'cancel', ...bosses.of, '--yes'])).toMatchObject({ code: 0 });
    for (const { ids } of [rejected, own, bosses]) expect(await thereOf(ids)).toBe(1);
    expect(await boss(['deletions', 'abandon', ...own.of, ...why])).toMatchObject({ code: 6 });
    expect(await run(['deletions', 'approve', ...own.of], { token: own.token })).toMatchObject({ code: 4 });
  });

  test('The log is listed of one tenant and of all, by state and person, and a deletion is shown with its ids', async () => {
    const { tenant, token, ids, id } = await held();
    const ofAll = await boss(['deletions', 'list', '--state', 'held']);
    expect(rowsOf(ofAll)).toContainEqual(expect.arrayContaining([id, tenant, 'held']));
    const ofOne = await boss(['deletions', 'list', '--tenant', tenant, '--json']);
    expect(JSON.parse(ofOne.out)).toMatchObject([{ id }]);
    const byPerson = await run(['deletions', 'list', '--person', ids[0] ?? '', '--limit', '1'], { token });
    expect(rowsOf(byPerson)).toHaveLength(2);
    expect(rowsOf(await run(['deletions', 'list', '--state', 'done'], { token }))).toHaveLength(1);
    expect((await run(['deletions', 'get', id, '--ids'], { token })).out).toBe(`${ids.join('\n')}\n`);
    expect(factsOf(await boss(['deletions', 'get', id, '--tenant', tenant]))).toMatchObject({ deletion: id });
    expect((await boss(['deletions', 'get', id, '--tenant', tenant, '--ids'])).out).toBe(
      `${ids.join('\n')}\n`,
    );
    expect(await boss(['deletions', 'get', id])).toMatchObject({ code: 2 });
    const none = await run(['deletions', 'get', `del_${'A'.repeat(22)}`], { token });
    expect(none).toMatchObject({ code: 5, out: '' });
    expect(await run(['deletions', 'list', '--tenant', tenant], { token })).toMatchObject({ code: 2 });
    expect(await run(['deletions', 'list', '--state', 'gone'], { token })).toMatchObject({ code: 2 });
  });
});

test('A budget that is used up ends with 8', async () => {
  const deletes = { persons_per_day: 2, events: false, recordings: false };
  const { token } = await tenants.fresh({ deletes });
  const { file } = await persons(2);
  const args = ['deletions', 'create', '--ids', file, '--yes', '--no-follow', '--again'];
  expect(await run(args, { token })).toMatchObject({ code: 0 });
  const ran = await run(args, { token });
  expect(ran).toMatchObject({ code: 8, out: '' });
  expect(ran.err).toMatch(/deletion_budget_exhausted · status 429/);
});
