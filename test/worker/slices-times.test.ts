/** Answers about another time: a person is shown as it was only where it was in the slice then and is in it now. */
import { beforeEach, describe, expect, test } from 'vitest';
import { inQuery } from '../support/calls.ts';
import type { Answer } from '../support/client.ts';
import { PERSONS, SLICE, startWorlds, told } from '../support/generations.ts';
import { problem } from '../support/problem.ts';

const worlds = await startWorlds();

const UUID = '0190c0de-0009-7000-8000-000000000009';
const ID = 'moved@example.test';
/** Days on which the person belonged to another tenant, to acme, to the other again, and to acme again. */
const DAYS = ['2026-03-01', '2026-03-03', '2026-03-05', '2026-03-07'];
const FOREIGN = 'secret-of-birch';
const OWN = 'note-of-acme';
const at = (day: string, time = '10:00') => `${day}T${time}:00Z`;

describe.each(worlds)('In generation $generation', ({ generation, get, sandbox, tenants, reset }) => {
  beforeEach(async () => {
    await reset({ now: at(DAYS[0] ?? '') });
    await sandbox.addPersons([
      {
        project_id: 1,
        uuid: UUID,
        distinct_ids: [ID],
        properties: { tenant_id: 'birch', plan: 'pro', note: FOREIGN },
        created_at: at(DAYS[0] ?? ''),
      },
    ]);
    for (const [nth, day] of DAYS.entries()) {
      const properties =
        nth % 2 === 0 ? { tenant_id: 'birch', note: FOREIGN } : { tenant_id: 'acme', note: OWN };
      await sandbox.change({ now: at(day) });
      await sandbox.ask('PATCH', `${PERSONS}/${UUID}/`, { json: { properties } });
      await sandbox.addEvents([
        { project_id: 1, distinct_id: ID, event: '$pageview', timestamp: at(day, '11:00') },
        { project_id: 1, distinct_id: ID, event: '$pageview', timestamp: at(day, '12:00') },
      ]);
      await sandbox.change({ now: at(day, '13:00') });
    }
    await sandbox.forget();
  });

  const timeline = (token: string, args: Parameters<typeof inQuery>[0] = {}): Promise<Answer> =>
    get(
      token,
      `${PERSONS}/${UUID}/properties_timeline/?${inQuery({
        events: [{ id: '$pageview', type: 'events' }],
        date_from: '2026-02-28',
        date_to: '2026-03-08',
        ...args,
      })}`,
    );

  test.each([
    ['without filters', {}],
    ['with a filter on another property', { properties: [{ key: 'plan', type: 'person', value: 'pro' }] }],
    [
      'with a filter on the other tenant',
      { properties: [{ key: 'tenant_id', type: 'person', value: 'birch' }] },
    ],
  ])('A timeline %s shows and counts only the times in the slice', async (_, args) => {
    const { token } = await tenants.fresh(SLICE);
    const answer = await timeline(token, args);
    if (generation !== 'A') return problem(answer, 'operation_removed');
    expect(answer.status).toBe(200);
    expect(answer.text).not.toContain(FOREIGN);
    expect(answer.text).not.toContain('birch');
    const { points } = answer.json as { points: { properties: object; relevant_event_count: number }[] };
    expect(points).toMatchObject([1, 3].map(() => ({ properties: { tenant_id: 'acme', note: OWN } })));
    expect(points.map((point) => point.relevant_event_count)).toEqual([2, 2]);
  });

  test('Activity has no content, of any time', async () => {
    const { token } = await tenants.fresh(SLICE);
    const answer = await get(token, `${PERSONS}/${UUID}/activity/`);
    expect(answer.status).toBe(200);
    for (const text of [FOREIGN, OWN, 'birch']) expect(answer.text).not.toContain(text);
  });

  test('Properties at a time are shown where the person was in the slice then, and are not found elsewhere', async () => {
    const { token } = await tenants.fresh(SLICE);
    const past = (day: string, id = ID) =>
      get(
        token,
        `${PERSONS}/properties_at_time/?${inQuery({ distinct_id: id, timestamp: at(day, '11:30') })}`,
      );
    if (generation === 'A') return;
    const unknown = await past(DAYS[0] ?? '', 'nobody');
    problem(unknown, 'not_found');
    for (const [nth, day] of DAYS.entries()) {
      const answer = await past(day);
      expect(answer.text).not.toContain(FOREIGN);
      if (nth % 2 === 0) expect(told(answer)).toEqual(told(unknown));
      else expect(answer.json).toMatchObject({ properties: { tenant_id: 'acme', note: OWN } });
    }
  });

  test('A person that left the slice has no timeline, no activity and no past', async () => {
    const { token } = await tenants.fresh({ slice: { property: 'tenant_id', value: 'birch' } });
    const past = `${PERSONS}/properties_at_time/?${inQuery({ distinct_id: ID, timestamp: at(DAYS[2] ?? '', '11:30') })}`;
    const answers = await Promise.all([
      get(token, `${PERSONS}/${UUID}/activity/`),
      generation === 'A' ? timeline(token) : get(token, past),
    ]);
    for (const answer of answers) problem(answer, 'not_found');
  });
});
