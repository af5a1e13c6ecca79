/** A token is replaced by one of the same grant, and lives on beside it for as long as was said. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import { ADMIN_TOKEN } from '../support/secrets.ts';
import { startStack } from '../support/stack.ts';
import type { Members, Minted } from '../support/tenants.ts';

const { send, admin, tenants, get, sandbox } = await startStack();

interface Successor extends Minted {
  readonly replaces: { readonly id: string; readonly ends_at: string };
}
const LIST = '/api/projects/1/persons/?limit=1';
const replaceOf = (tenant: string, id: string, json: Members = {}) =>
  admin('POST', `/${tenant}/tokens/${id}/replace`, json);
const replaced = async (tenant: string, id: string, json: Members = {}): Promise<Successor> => {
  const answer = await replaceOf(tenant, id, json);
  expect(answer.status, answer.text).toBe(201);
  return answer.json as Successor;
};
const replaceSelf = (token: string, json: Members = {}) =>
  send('POST', '/v1/tokens/replace', { token, json });
const codeOf = async (token: string): Promise<unknown> => {
  const { status, json } = await get(token, LIST);
  return status === 200 ? 200 : (json as { code: unknown }).code;
};
const whoami = async (token: string) =>
  (await get(token, '/v1/whoami')).json as { token: { id: string }; grant: Members };
const listedOf = async (tenant: string) =>
  (
    (await admin('GET', `/${tenant}/tokens`)).json as {
      results: (Members & { id: string; name: string })[];
    }
  ).results;

describe('A successor', () => {
  test('A successor does what the token it replaces does, and both can be used until the overlap has passed', async () => {
    const { tenant } = await tenants.fresh();
    const old = await tenants.mint(tenant, {
      name: 'backend',
      scopes: ['person:read'],
      properties: { hidden: ['ssn'] },
      actor: 'TICKET-7',
    });
    const next = await replaced(tenant, old.id, { overlap_seconds: 3600 });
    expect(next).toMatchObject({ name: 'backend', actor: 'TICKET-7', replaces: { id: old.id } });
    expect((await whoami(next.token)).grant).toEqual((await whoami(old.token)).grant);
    expect([await codeOf(old.token), await codeOf(next.token)]).toEqual([200, 200]);
    const ends = Date.parse(next.replaces.ends_at);
    expect(Math.abs(ends - Date.now() - 3_600_000)).toBeLessThan(60_000);
    expect(await listedOf(tenant)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: old.id, replaced_by: next.id, ends_at: next.replaces.ends_at }),
        expect.objectContaining({ id: next.id, replaced_by: null, ends_at: null, minted_by: 'admin' }),
      ]),
    );
    const { headers } = await get(old.token, LIST);
    expect(Date.parse(headers['hedgerow-token-expires'] ?? '')).toBe(Math.floor(ends / 1000) * 1000);
  });

  test('A token that is replaced without an overlap ends with the answer, and what was derived from it ends too', async () => {
    const { tenant, token, id } = await tenants.fresh();
    const child = await tenants.derive(token);
    for (let nth = 0; nth < 5; nth += 1) await get(token, LIST);
    const next = await replaced(tenant, id, { overlap_seconds: 0 });
    expect([await codeOf(token), await codeOf(child.token), await codeOf(next.token)]).toEqual([
      'token_revoked',
      'token_parent_revoked',
      200,
    ]);
  });

  test('A token that is replaced with an overlap ends when that has passed, however busy it is', async () => {
    const { tenant, token, id } = await tenants.fresh();
    const child = await tenants.derive(token);
    for (let nth = 0; nth < 5; nth += 1) await get(token, LIST);
    const { replaces } = await replaced(tenant, id, { overlap_seconds: 2 });
    for (let nth = 0; nth < 5; nth += 1) expect(await codeOf(token)).toBe(200);
    const ends = Date.parse(replaces.ends_at);
    while (Date.now() <= ends) {
      await get(token, LIST);
      await sleep(20);
    }
    expect([await codeOf(token), await codeOf(child.token)]).toEqual([
      'token_revoked',
      'token_parent_revoked',
    ]);
  });

  test('A holder replaces its own token, derived or not, by one that ends no later', async () => {
    const { token } = await tenants.fresh();
    const child = await tenants.derive(token, { expires_in: 500, scopes: ['person:read'] });
    for (const [old, expires] of [
      [child.token, child.expires_at],
      [token, null],
    ] as const) {
      const { status, json } = await replaceSelf(old, { expires_in: LIMITS.tokenSecondsMax });
      expect(status).toBe(201);
      const next = json as Successor;
      if (expires !== null) expect(next.expires_at).toBe(expires);
      expect((await whoami(next.token)).grant).toEqual((await whoami(old)).grant);
      expect(Date.parse(next.expires_at)).toBeLessThan(Date.now() + 31 * 86_400_000);
    }
  });

  test('A successor of a derived token ends with the ancestors of that', async () => {
    const { tenant, token, id } = await tenants.fresh();
    const child = await tenants.derive(token, { scopes: ['person:read'] });
    const next = (await replaceSelf(child.token)).json as Successor;
    expect(await codeOf(next.token)).toBe(200);
    await admin('DELETE', `/${tenant}/tokens/${id}`);
    expect(await codeOf(next.token)).toBe('token_parent_revoked');
  });

  test('A successor has no scope that the tenant was given after the token was made', async () => {
    const { tenant, id } = await tenants.fresh({ scopes: ['person:read'] });
    await admin('PATCH', `/${tenant}`, { scopes: ['person:read', 'person:delete'] });
    const next = await replaced(tenant, id);
    expect((await whoami(next.token)).grant).toMatchObject({ scopes: ['person:read'] });
  });

  test('A successor that its holder made is still that of the operator who minted the first', async () => {
    const { tenant, token } = await tenants.fresh();
    const next = (await replaceSelf(token)).json as Successor;
    expect((await listedOf(tenant)).find(({ id }) => id === next.id)).toMatchObject({ minted_by: 'admin' });
  });

  test('A token that is revoked takes along the successors that its holders asked for, one after the other', async () => {
    const { tenant, token, id } = await tenants.fresh();
    const next = (await replaceSelf(token)).json as Successor;
    const last = (await replaceSelf(next.token)).json as Successor;
    expect(await codeOf(last.token)).toBe(200);
    await admin('DELETE', `/${tenant}/tokens/${id}`);
    for (const each of [token, next.token, last.token]) expect(await codeOf(each)).toBe('token_revoked');
  });

  test('A successor of a token that is not good yet is not good before that either', async () => {
    const { tenant } = await tenants.fresh();
    const begins = new Date(Date.now() + 86_400_000).toISOString();
    const later = await tenants.mint(tenant, { name: 'of tomorrow', not_before: begins });
    expect(await codeOf(later.token)).toBe('token_not_yet_valid');
    const next = await replaced(tenant, later.id, { overlap_seconds: 0 });
    expect(Date.parse((next as { not_before?: string }).not_before ?? '')).toBeGreaterThanOrEqual(
      Date.parse(begins),
    );
    expect(await codeOf(next.token)).toBe('token_not_yet_valid');
    const early = await replaceOf(tenant, next.id, { expires_in: 60 });
    expect([early.status, early.json]).toMatchObject([400, { code: 'field_invalid', attr: 'not_before' }]);
  });

  test('A successor that an operator made goes on when the token before it is revoked', async () => {
    const { tenant, token, id } = await tenants.fresh();
    const next = await replaced(tenant, id);
    await admin('DELETE', `/${tenant}/tokens/${id}`);
    expect(await codeOf(token)).toBe('token_revoked');
    expect(await codeOf(next.token)).toBe(200);
  });

  test('The audit log says which token was replaced by which, and holds neither', async () => {
    const { tenant, id, token } = await tenants.fresh();
    const next = await replaced(tenant, id);
    const { json, text } = await send('GET', `/admin/v1/audit?tenant=${tenant}&limit=1`, {
      token: ADMIN_TOKEN,
    });
    expect(json).toMatchObject({
      results: [
        {
          action: 'admin_replace_token',
          subject: id,
          outcome: 'made',
          before: { id },
          after: { id: next.id, replaces: { id } },
        },
      ],
    });
    for (const secret of [token, next.token]) expect(text).not.toContain(secret);
  });
});

describe('Refusals', () => {
  test('A token that has a successor is not replaced again, so that a thief who has the old one gets no new one', async () => {
    const { tenant, token, id } = await tenants.fresh();
    await replaced(tenant, id);
    expect(await replaceSelf(token)).toMatchObject({ status: 403, json: { code: 'token_replaced' } });
    expect(await replaceOf(tenant, id)).toMatchObject({ status: 403, json: { code: 'token_replaced' } });
    expect((await listedOf(tenant)).length).toBe(2);
  });

  test.each([
    [{ overlap_seconds: -1 }, 'overlap_seconds'],
    [{ overlap_seconds: LIMITS.overlapSecondsMax + 1 }, 'overlap_seconds'],
    [{ overlap_seconds: '60' }, 'overlap_seconds'],
    [{ expires_in: 0 }, 'expires_in'],
    [{ expires_in: LIMITS.tokenSecondsMax + 1 }, 'expires_in'],
    [{ name: '' }, 'name'],
    [{ scopes: ['person:read'] }, 'scopes'],
    [{ slice: null }, 'slice'],
    [{ actor: 'eve' }, 'actor'],
  ])(
    'A request for a successor with %j is refused by name, and the token stays as it is',
    async (json, attr) => {
      const { tenant, token, id } = await tenants.fresh();
      for (const answer of [await replaceSelf(token, json), await replaceOf(tenant, id, json)])
        expect(answer).toMatchObject({ status: 400, json: { attr } });
      expect(await listedOf(tenant)).toEqual([expect.objectContaining({ id, replaced_by: null })]);
    },
  );

  test('A token that is revoked, derived, or of another tenant is not replaced by the operator', async () => {
    await sandbox.forget();
    const { tenant, token, id } = await tenants.fresh();
    const other = await tenants.fresh();
    const child = await tenants.derive(token);
    expect(await replaceOf(tenant, child.id)).toMatchObject({
      status: 400,
      json: { code: 'parameter_invalid' },
    });
    await admin('DELETE', `/${tenant}/tokens/${id}`);
    for (const [of, which] of [
      [tenant, id],
      [tenant, other.id],
      [tenant, 'tok_x'],
      ['nobody', id],
    ] as const)
      expect(await replaceOf(of, which)).toMatchObject({ status: 404, json: { code: 'record_unknown' } });
    expect(await replaceSelf(token)).toMatchObject({ status: 401, json: { code: 'token_revoked' } });
    expect(await sandbox.received()).toEqual([]);
  });

  test.each([
    ['a rate', { rate: { requests_per_minute: 60, burst: 5 } }],
    ['a deletion budget', { deletes: { persons_per_day: 1 } }],
    ['a pace of deletes', { deletes: { calls_per_minute: 1 } }],
  ])('A token with %s of its own is not replaced by its holder, who would have it twice', async (_, own) => {
    const { tenant, token } = await tenants.fresh();
    const child = await tenants.derive(token, own);
    const { status, json } = await replaceSelf(child.token);
    expect({ status, code: (json as { code: string }).code }).toEqual({
      status: 400,
      code: 'grant_exceeds_parent',
    });
    expect(await listedOf(tenant)).toHaveLength(2);
  });

  test('Many requests to replace one token at once make one successor', async () => {
    const { tenant, token } = await tenants.fresh();
    const answers = await Promise.all(Array.from({ length: 8 }, () => replaceSelf(token)));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      201,
      ...Array.from({ length: 7 }, () => 403),
    ]);
    expect(await listedOf(tenant)).toHaveLength(2);
  });
});
