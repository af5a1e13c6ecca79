import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ADA, BEN } from '../../src/sandbox/seed/names.ts';
import { actors, at, type Bench, launchBench, OLDEST, q } from '../support/sandbox/ask.ts';
import { happen, ids, known, step, WIDE } from '../support/sandbox/stories.ts';

/** PostHog contract §5, §6.4 and §8: funnels and what they correlate with, and how actors are paged. */

let bench: Bench;
beforeAll(async () => {
  bench = await launchBench();
});
afterAll(() => bench.stop());
beforeEach(() => bench.reset(OLDEST));

const STEPS = [step('signed up', 0), step('watched video', 1), step('paid', 2)];
const ACME = [{ key: 'tenant_id', value: 'acme', type: 'person' }];

/** The funnel of all three steps. */
function threeSteps(more: string): string {
  return `/funnel/?${WIDE}&limit=100&events=${q(STEPS)}&${more}`;
}

describe('Funnels', () => {
  test.each([
    ['funnel_step=1', ['ADA', 'BEN', 'CYD', 'DOV', 'MIA']],
    ['funnel_step=2', ['ADA', 'BEN', 'CYD', 'MIA']],
    ['funnel_step=3', ['ADA', 'CYD']],
    ['funnel_step=-2', ['DOV']],
    ['funnel_step=-3', ['BEN', 'MIA']],
    [`funnel_custom_steps=${q([1, 3])}`, ['ADA', 'CYD', 'DOV']],
    ['funnel_step=3&funnel_order_type=unordered', ['ADA', 'CYD', 'MIA']],
    ['funnel_step=2&funnel_window_days=1', ['ADA', 'BEN']],
    ['funnel_step=2&funnel_window_interval=36&funnel_window_interval_unit=hour', ['ADA', 'BEN']],
  ])('A funnel with %s finds %j among the well-known persons', async (more, expected) => {
    expect(known(actors(await bench.get(threeSteps(more))))).toEqual(expected);
  });

  test('A strict funnel allows no event in between', async () => {
    await happen(bench, 'smooth: a@01T10, b@01T11', 'bumpy: a@01T10, x@01T10, b@01T11');
    const asked = `/funnel/?${WIDE}&events=${q([step('a'), step('b', 1)])}&funnel_step=2`;
    expect(ids((await bench.get(asked)).json)).toEqual(['bumpy', 'smooth']);
    expect(ids((await bench.get(`${asked}&funnel_order_type=strict`)).json)).toEqual(['smooth']);
  });

  test('An exclusion between two steps removes the person', async () => {
    await happen(bench, 'clean: a@01T10, b@01T12', 'spoilt: a@01T10, x@01T11, b@01T12');
    const exclusions = [{ id: 'x', type: 'events', funnel_from_step: 0, funnel_to_step: 1 }];
    const asked = `/funnel/?${WIDE}&events=${q([step('a'), step('b', 1)])}&funnel_step=2&exclusions=${q(exclusions)}`;
    expect(ids((await bench.get(asked)).json)).toEqual(['clean']);
  });

  test('A funnel filters rows by person, and by the properties of a step', async () => {
    const ofAcme = actors(await bench.get(threeSteps(`funnel_step=1&properties=${q(ACME)}`)));
    expect(known(ofAcme)).toEqual(['ADA', 'BEN', 'MIA']);
    const steps = [step('signed up', 0, { properties: [{ key: 'plan', value: 'pro', type: 'event' }] })];
    const pros = actors(await bench.get(`/funnel/?${WIDE}&events=${q(steps)}&funnel_step=1`));
    expect(known(pros)).toEqual(['ADA', 'CYD', 'MIA']);
  });

  test('A breakdown narrows a funnel to one of its values', async () => {
    const slice = 'funnel_step=3&breakdown=plan&breakdown_type=person&funnel_step_breakdown';
    expect(known(actors(await bench.get(threeSteps(`${slice}=pro`))))).toEqual(['ADA', 'CYD']);
    expect(known(actors(await bench.get(threeSteps(`${slice}=${q(['free'])}`))))).toEqual([]);
  });

  test('A point of a funnel trend is who entered in its period, and arrived or dropped off', async () => {
    const point = 'funnel_viz_type=trends&entrance_period_start=2026-03-06&drop_off';
    expect(known(actors(await bench.get(threeSteps(`${point}=false`))))).toEqual(['ADA', 'CYD']);
    expect(known(actors(await bench.get(threeSteps(`${point}=true`))))).toEqual(['BEN', 'DOV', 'MIA']);
  });

  test('A person who arrived in an unordered funnel trend is not listed as a drop-off too', async () => {
    await happen(bench, 'there: b@12T10, a@12T11', 'half: b@12T10', 'again: a@12T09, b@12T10, a@12T12');
    const point = 'funnel_viz_type=trends&funnel_order_type=unordered&entrance_period_start=2026-03-12';
    const asked = `/funnel/?${WIDE}&events=${q([step('a'), step('b', 1)])}&${point}&drop_off`;
    expect(ids((await bench.get(`${asked}=false`)).json)).toEqual(['again', 'there']);
    expect(ids((await bench.get(`${asked}=true`)).json)).toEqual(['half']);
  });

  test('A funnel takes POST as well, and its body wins over the query', async () => {
    const answer = await bench.post(`/funnel/?${WIDE}&funnel_step=3`, { events: STEPS, funnel_step: -2 });
    expect(known(actors(answer))).toEqual(['DOV']);
  });

  test('A funnel is narrowed by search and by the filter of test accounts', async () => {
    const asked = `/funnel/?${WIDE}&events=${q([step('$pageview')])}`;
    expect(known(actors(await bench.get(`${asked}&search=copse`)))).toEqual(['CYD']);
    expect(known(actors(await bench.get(asked)))).toContain('STAFF');
    expect(known(actors(await bench.get(`${asked}&filter_test_accounts=true`)))).not.toContain('STAFF');
  });

  test('A row filter that cannot be built is dropped, and every person passes', async () => {
    const broken = [{ key: 'tenant_id', value: 'acme', type: 'persom' }];
    expect(known(actors(await bench.get(threeSteps(`funnel_step=1&properties=${q(broken)}`))))).toContain(
      'DOV',
    );
  });
});

describe('Pages of actors', () => {
  const path = `/funnel/?${WIDE}&funnel_step=1&events=${q([step('signed up')])}&limit=5`;

  test('A page of actors is one element with its own count, and a funnel adds its extras', async () => {
    const answer = await bench.get(path);
    expect(at(answer.json, 'results')).toHaveLength(1);
    expect(answer.json).toMatchObject({
      results: [{ count: 5 }],
      initial: `${bench.url}/api/projects/1/persons${path}`,
      missing_persons: 0,
      is_cached: false,
      last_refresh: '2026-03-15T12:00:00Z',
    });
    const lifecycle = await bench.get('/lifecycle/?target_date=2026-03-14&lifecycle_type=new');
    expect(Object.keys(lifecycle.json ?? {})).toEqual(['results', 'next']);
  });

  test('The link next is absolute on the first page, and relative without its slash from the second on', async () => {
    const first = at((await bench.get(path)).json, 'next');
    expect(first).toBe(`${bench.url}/api/projects/1/persons${path}&offset=5`);
    const second = at((await bench.get(`${path}&offset=5`)).json, 'next');
    expect(second).toBe(`api/projects/1/persons${path}&offset=10`);
  });

  test('A second "offset" in the URL makes next repeat the page', async () => {
    const filter = [{ key: 'offset', value: 'x', operator: 'is_not', type: 'person' }];
    const answer = await bench.get(`${path}&properties=${q(filter)}`);
    expect(at(answer.json, 'next')).toBe(`api/projects/1/persons${path}&properties=${q(filter)}`);
  });

  test('A deleted person is missing from its page and still counts for paging', async () => {
    await bench.post('/bulk_delete/', { ids: [ADA.uuid, BEN.uuid] });
    const answer = await bench.get(path);
    expect(answer.json).toMatchObject({ results: [{ count: 3 }], missing_persons: 2 });
    expect(at(answer.json, 'next')).not.toBeNull();
  });

  test('A cached page carries the links of the client that asked first', async () => {
    await bench.get(`${path}&tenant=first`);
    const second = await bench.ask('GET', `/api/environments/1/persons${path}&tenant=second`);
    expect(at(second.json, 'is_cached')).toBe(true);
    expect(at(second.json, 'initial')).toContain('/api/projects/1/persons');
    expect(at(second.json, 'next')).toContain('tenant=first');
    const fresh = await bench.get(`${path}&tenant=third&refresh=true`);
    expect(fresh.json).toMatchObject({ is_cached: false });
    await bench.post('/bulk_delete/', { ids: [ADA.uuid] });
    expect((await bench.get(path)).json).toMatchObject({ is_cached: false, missing_persons: 1 });
  });
});

describe('Correlation', () => {
  const path = `/funnel/correlation/?${WIDE}&events=${q([step('signed up'), step('paid', 1)])}`;

  test('A correlation answers who converted or not, with an event on the way', async () => {
    const watched = `funnel_correlation_person_entity=${q(step('watched video'))}`;
    const yes = await bench.get(`${path}&${watched}&funnel_correlation_person_converted=true`);
    expect(known(actors(yes))).toEqual(['ADA', 'CYD']);
    const no = await bench.get(`${path}&${watched}&funnel_correlation_person_converted=false`);
    expect(known(actors(no))).toEqual(['BEN']);
  });

  test('A correlation answers who had given properties', async () => {
    const values = `funnel_correlation_property_values=${q(ACME)}`;
    const answer = await bench.get(`${path}&${values}&funnel_correlation_person_converted=true`);
    expect(known(actors(answer))).toEqual(['ADA', 'MIA']);
  });

  test('A correlation has paging parameters of its own', async () => {
    const answer = await bench.get(`${path}&funnel_correlation_person_limit=2`);
    const more = '&funnel_correlation_person_limit=2&funnel_correlation_person_offset=2';
    expect(at(answer.json, 'next')).toBe(`${bench.url}/api/projects/1/persons${path}${more}`);
    expect((await bench.get(path + more)).json).toMatchObject({ results: [{ count: 2 }] });
  });
});
