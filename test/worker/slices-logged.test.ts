/** A reset of a distinct id names a person that no longer exists: a sliced grant is held to its own deletion log. */
import { beforeEach, describe, expect, test } from 'vitest';
import { ADA, CYD } from '../../src/sandbox/seed/names.ts';
import type { Answer } from '../support/client.ts';
import { PERSONS, SLICE, startWorlds, told } from '../support/generations.ts';

const worlds = await startWorlds();
const BIRCH = { slice: { property: 'tenant_id', value: 'birch' } };

describe.each(worlds)('A reset of a slice in generation $generation', ({ send, sandbox, tenants, reset }) => {
  let token = '';
  beforeEach(async () => {
    ({ token } = await tenants.fresh(SLICE));
    await reset();
  });
  const bulk = (json: unknown, as = token): Promise<Answer> =>
    send('POST', `${PERSONS}/bulk_delete/`, { token: as, json });
  const resetId = (id: string, as = token): Promise<Answer> =>
    send('POST', `${PERSONS}/reset_person_distinct_id/`, { token: as, json: { distinct_id: id } });

  test('A reset is refused, without a call to PostHog, for ids that the slice did not delete', async () => {
    const birch = await tenants.fresh(BIRCH);
    await bulk({ distinct_ids: ['ada@acme.test', 'cyd@birch.test', 'unknown'] });
    await bulk({ ids: [CYD.uuid] }, birch.token);
    await sandbox.forget();
    const refused = await Promise.all(
      ['cyd@birch.test', 'unknown', 'ben@acme.test', 'dov@cedar.test'].map((id) => resetId(id)),
    );
    for (const answer of [...refused, await resetId('ada@acme.test', birch.token)]) {
      expect(answer.status, answer.text).toBe(404);
      expect(told(answer)).toEqual(told(refused[0]!));
    }
    expect(await sandbox.received()).toEqual([]);
  });

  test('A reset is sent for every distinct id of a person that the slice deleted', async () => {
    await bulk({ distinct_ids: ['ada@acme.test'] });
    for (const id of ADA.distinctIds) expect((await resetId(id)).status, id).toBe(202);
  });

  test('A reset is refused to a narrower token, which cannot know that the person was in its slice', async () => {
    await bulk({ distinct_ids: ['ada@acme.test'] });
    const narrower = await tenants.derive(token, { slice: { property: 'plan', value: 'pro' } });
    expect((await resetId('ada@acme.test', narrower.token)).status).toBe(404);
  });

  test('A reset is refused for a person whose profile was kept', async () => {
    expect((await send('POST', `${PERSONS}/${ADA.uuid}/delete_events/`, { token })).status).toBe(202);
    expect((await resetId('ada@acme.test')).status).toBe(404);
  });
});
