/** Who may approve a deletion: an operator who does not stand behind it. Over real HTTP. */
import { describe, expect, test } from 'vitest';
import { ADA, BEN } from '../../src/sandbox/seed/names.ts';
import type { Answer } from '../support/client.ts';
import { problem } from '../support/problem.ts';
import { ADMIN_TOKEN } from '../support/secrets.ts';
import { startStack, type Stack } from '../support/stack.ts';

const TOKENS = {
  alice: 'alices-token-of-the-tests-77120',
  bob: 'bobs-token-of-the-tests-3344120',
  carol: 'carols-token-of-the-tests-00911',
} as const;
const several = await startStack({
  bindings: {
    ADMIN_TOKENS: Object.entries(TOKENS)
      .map(([name, token]) => `${name}/operator:${token}`)
      .join(','),
  },
});
const alone = await startStack({ bindings: { ADMIN_TOKENS: 'victor/viewer:victors-token-of-the-tests' } });
const TENANT = '/admin/v1/tenants/approved';
const IDS = { ids: [ADA.uuid, BEN.uuid] };

const mint = async ({ send }: Stack, token: string): Promise<string> => {
  const minted = await send('POST', `${TENANT}/tokens`, { token, json: { name: 'a backend' } });
  expect(minted.status, minted.text).toBe(201);
  return (minted.json as { token: string }).token;
};
const derive = async ({ send }: Stack, token: string): Promise<string> =>
  ((await send('POST', '/v1/tokens', { token, json: { name: 'a page' } })).json as { token: string }).token;
const register = async ({ sandbox, send }: Stack) => {
  await sandbox.reset();
  const json = {
    name: 'Approved',
    project_id: 1,
    scopes: ['person:read', 'person:delete'],
    deletes: { persons_per_day: 1000, approval_over: 1 },
  };
  expect((await send('PUT', TENANT, { token: ADMIN_TOKEN, json })).status).toBeLessThan(300);
};
const heldBy = async ({ send }: Stack, token: string): Promise<string> => {
  const made = await send('POST', '/v1/deletions', { token, json: IDS });
  expect(made.json, made.text).toMatchObject({ state: 'held' });
  return (made.json as { id: string }).id;
};
const approve = ({ send }: Stack, id: string, token: string): Promise<Answer> =>
  send('POST', `${TENANT}/deletions/${id}/approve`, { token, json: {} });
const deletes = async ({ sandbox }: Stack): Promise<number> =>
  (await sandbox.received()).filter(({ target }) => target.includes('bulk_delete')).length;

describe('A gateway with several operators', () => {
  test('The operator who minted the token, or an ancestor of it, cannot approve its deletion, and another one can', async () => {
    await register(several);
    const minted = await mint(several, TOKENS.alice);
    for (const token of [minted, await derive(several, minted)]) {
      const id = await heldBy(several, token);
      const refused = await approve(several, id, TOKENS.alice);
      problem(refused, 'approver_not_independent');
      expect(refused).toMatchObject({ status: 403 });
      expect(await deletes(several)).toBe(0);
      const path = `${TENANT}/deletions/${id}`;
      const held = { state: 'held', awaits_approval: true };
      expect((await several.get(ADMIN_TOKEN, path)).json).toMatchObject(held);
      expect((await several.get(ADMIN_TOKEN, '/admin/v1/audit?limit=1')).json).toMatchObject({
        results: [{ operator: 'alice', outcome: 'refused', code: 'approver_not_independent', subject: id }],
      });
      expect((await approve(several, id, TOKENS.bob)).status).toBe(200);
      await expect.poll(() => deletes(several)).toBe(1);
      expect((await several.get(ADMIN_TOKEN, path)).json).toMatchObject({ awaits_approval: false });
      await several.sandbox.reset();
    }
  });

  test('The operators behind the token that asked and the one that confirmed cannot approve a previewed deletion', async () => {
    await register(several);
    const [asking, confirming] = [await mint(several, TOKENS.alice), await mint(several, TOKENS.bob)];
    const made = await several.send('POST', '/v1/deletions?preview=true', { token: asking, json: IDS });
    const { id, preview } = made.json as { id: string; preview: { digest: string } };
    const confirmed = await several.send('POST', `/v1/deletions/${id}/confirm`, {
      token: await derive(several, confirming),
      json: { digest: preview.digest },
    });
    expect(confirmed.json, confirmed.text).toMatchObject({ state: 'held' });
    problem(await approve(several, id, TOKENS.alice), 'approver_not_independent');
    problem(await approve(several, id, TOKENS.bob), 'approver_not_independent');
    expect(await deletes(several)).toBe(0);
    expect((await approve(several, id, TOKENS.carol)).status).toBe(200);
  });

  test('The list of tokens says which operator minted each, and nothing that a holder reads does', async () => {
    await register(several);
    const minted = await mint(several, TOKENS.carol);
    const child = await derive(several, minted);
    const { results } = (await several.get(TOKENS.bob, `${TENANT}/tokens?limit=2`)).json as {
      results: readonly unknown[];
    };
    expect(results).toMatchObject([{ minted_by: null }, { minted_by: 'carol' }]);
    const shown = [
      await several.get(child, '/v1/whoami'),
      await several.get(minted, '/v1/whoami'),
      await several.get(minted, `/v1/deletions/${await heldBy(several, minted)}`),
    ];
    const claims = Buffer.from(minted.split('.')[1] ?? '', 'base64url').toString('utf8');
    for (const text of [claims, ...shown.map((one) => one.text)]) expect(text).not.toContain('carol');
  });
});

test('A gateway with one operator who may approve lets it approve what its own tokens ask for', async () => {
  await register(alone);
  const id = await heldBy(alone, await mint(alone, ADMIN_TOKEN));
  expect((await approve(alone, id, ADMIN_TOKEN)).status).toBe(200);
  await expect.poll(() => deletes(alone)).toBe(1);
});
