/** What comes first, a change or its row in the audit log, and what happens where one of them fails. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { failure } from '../../src/core/failure.ts';
import { TenantId } from '../../src/core/ids.ts';
import { LIMITS } from '../../src/core/limits.ts';
import { OperatorName } from '../../src/core/operators.ts';
import { err } from '../../src/core/result.ts';
import type { Context } from '../../src/http/context.ts';
import { recorded } from '../../src/http/control/admin/recorded.ts';
import { answer } from '../../src/http/control/serve.ts';

const ALICE = { name: OperatorName.parse('alice'), role: 'owner' } as const;

beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

/** A directory that fails where it is told to, and what was done in which order. */
function world(fails: 'nowhere' | 'first' | 'last' = 'nowhere') {
  const done: [string, ...unknown[]][] = [];
  const call = (step: string, broken: boolean, ...said: unknown[]) => {
    done.push([step, ...said]);
    return broken ? Promise.reject(new Error('away')) : Promise.resolve(7);
  };
  const directory = () => ({
    beginChange: (asked: unknown) => call('begin', fails === 'first', asked),
    endChange: (entry: number, end: unknown) => call('end', fails === 'last', entry, end),
  });
  const ctx = {
    log: { requestId: 'req_1', route: 'admin_patch_tenant', tenant: TenantId.parse('acme') },
    parameters: { tenant: 'acme' },
    services: { directory },
  } as unknown as Context;
  const act = (answered: ReturnType<typeof answer<object>> | ReturnType<typeof err>) => () => {
    done.push(['change']);
    return Promise.resolve(answered as ReturnType<typeof answer<object>>);
  };
  return { done, ctx, act };
}
const endIn = (done: readonly unknown[][]) => done.at(-1)?.[2];

describe('The order', () => {
  test('The row that says who asks for what is written before the change, and its end after it', async () => {
    const { done, ctx, act } = world();
    const change = { before: { name: 'A', weight: 1 }, after: { name: 'B', weight: 1 } };
    const answered = answer({ name: 'B' }, { change });
    expect(await recorded(ctx, ALICE, act(answered))).toEqual(answered);
    expect(done).toEqual([
      [
        'begin',
        {
          operator: 'alice',
          role: 'owner',
          request_id: 'req_1',
          action: 'admin_patch_tenant',
          tenant: 'acme',
          subject: null,
        },
      ],
      ['change'],
      ['end', 7, { code: null, before: '{"name":"A"}', after: '{"name":"B"}' }],
    ]);
  });

  test('Nothing is changed where the row before it cannot be written', async () => {
    const { done, ctx, act } = world('first');
    const answered = await recorded(ctx, ALICE, act(answer({})));
    expect(answered).toMatchObject({ ok: false, failure: { code: 'state_unavailable' } });
    expect(done.map(([step]) => step)).toEqual(['begin']);
  });

  test('A change whose end cannot be written down stands, and is answered as it was made', async () => {
    const { ctx, act } = world('last');
    const answered = answer({ token: 'shown this once' });
    expect(await recorded(ctx, ALICE, act(answered))).toEqual(answered);
  });

  test('A refusal is written down with its code, and without a record', async () => {
    const { done, ctx, act } = world();
    await recorded(ctx, ALICE, act(err(failure('precondition_failed', 'x'))));
    expect(endIn(done)).toEqual({ code: 'precondition_failed', before: null, after: null });
  });

  test('A handler that throws leaves the entry without an end', async () => {
    const { done, ctx } = world();
    const thrown = recorded(ctx, ALICE, () => Promise.reject(new TypeError('a defect')));
    await expect(thrown).rejects.toThrow('a defect');
    expect(done.map(([step]) => step)).toEqual(['begin']);
  });
});

describe('Records before and after', () => {
  test('All of a record is written down where nothing was there before, or nothing is there since', async () => {
    const { done, ctx, act } = world();
    await recorded(ctx, ALICE, act(answer({}, { change: { after: { name: 'B' } } })));
    expect(endIn(done)).toEqual({ code: null, before: null, after: '{"name":"B"}' });
    await recorded(ctx, ALICE, act(answer({}, { change: { before: { name: 'B' } } })));
    expect(endIn(done)).toEqual({ code: null, before: '{"name":"B"}', after: null });
  });

  test('A member that comes or goes is written down on the side where it is', async () => {
    const { done, ctx, act } = world();
    const change = { before: { name: 'A', slice: { value: 'x' } }, after: { name: 'A', origins: ['o'] } };
    await recorded(ctx, ALICE, act(answer({}, { change })));
    expect(endIn(done)).toEqual({
      code: null,
      before: '{"slice":{"value":"x"}}',
      after: '{"origins":["o"]}',
    });
  });

  test('A record that is larger than the bound is left out with its size', async () => {
    const { done, ctx, act } = world();
    const long = { name: 'x'.repeat(LIMITS.auditedRecordCharsMax) };
    await recorded(ctx, ALICE, act(answer({}, { change: { before: { name: 'A' }, after: long } })));
    expect(endIn(done)).toEqual({
      code: null,
      before: '{"name":"A"}',
      after: JSON.stringify({ left_out_characters: JSON.stringify(long).length }),
    });
  });
});
