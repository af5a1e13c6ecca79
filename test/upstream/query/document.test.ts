/** Whole documents: what PostHog is asked for the least that each insight takes. */
import { describe, expect, test } from 'vitest';
import { documentOf } from '../../../src/upstream/query/document.ts';
import { ask } from '../../support/catalogue/operations.ts';
import {
  documentFor,
  documentFrom,
  INSIGHT_IDS,
  LEAST,
  type InsightId,
} from '../../support/upstream/query.ts';

const ACME = { type: 'person', key: 'tenant_id', operator: 'exact', value: 'acme' } as const;
const EU = { type: 'person', key: 'region', operator: 'exact', value: ['de', 'fr'] } as const;

describe('The document of the least arguments', () => {
  test('A funnel asks who reached its first step in 14 days of the last seven', () => {
    expect(documentFrom('persons_funnel', { args: LEAST.persons_funnel })).toMatchInlineSnapshot(`
      {
        "kind": "ActorsQuery",
        "limit": 100,
        "offset": 0,
        "orderBy": [
          "actor_id ASC",
        ],
        "select": [
          "actor",
        ],
        "source": {
          "funnelStep": 1,
          "kind": "FunnelsActorsQuery",
          "source": {
            "dateRange": {
              "date_from": "-7d",
            },
            "funnelsFilter": {
              "funnelOrderType": "ordered",
              "funnelWindowInterval": 14,
              "funnelWindowIntervalUnit": "day",
            },
            "interval": "day",
            "kind": "FunnelsQuery",
            "series": [
              {
                "event": "signed up",
                "kind": "EventsNode",
              },
              {
                "event": "paid",
                "kind": "EventsNode",
              },
            ],
          },
        },
      }
    `);
  });

  test('A correlation asks who did the event on the way through the funnel', () => {
    expect(documentFrom('persons_funnel_correlation', { args: LEAST.persons_funnel_correlation }))
      .toMatchInlineSnapshot(`
      {
        "kind": "ActorsQuery",
        "limit": 100,
        "offset": 0,
        "orderBy": [
          "actor_id ASC",
        ],
        "select": [
          "actor",
        ],
        "source": {
          "funnelCorrelationPersonEntity": {
            "event": "watched video",
            "kind": "EventsNode",
          },
          "kind": "FunnelCorrelationActorsQuery",
          "source": {
            "funnelCorrelationType": "events",
            "kind": "FunnelCorrelationQuery",
            "source": {
              "funnelStep": 1,
              "kind": "FunnelsActorsQuery",
              "source": {
                "dateRange": {
                  "date_from": "-7d",
                },
                "funnelsFilter": {
                  "funnelOrderType": "ordered",
                  "funnelWindowInterval": 14,
                  "funnelWindowIntervalUnit": "day",
                },
                "interval": "day",
                "kind": "FunnelsQuery",
                "series": [
                  {
                    "event": "signed up",
                    "kind": "EventsNode",
                  },
                  {
                    "event": "paid",
                    "kind": "EventsNode",
                  },
                ],
              },
            },
          },
        },
      }
    `);
  });

  test('A lifecycle asks who is in a state on the day', () => {
    expect(documentFrom('persons_lifecycle', { args: LEAST.persons_lifecycle })).toMatchInlineSnapshot(`
      {
        "kind": "ActorsQuery",
        "limit": 100,
        "offset": 0,
        "orderBy": [
          "actor_id ASC",
        ],
        "select": [
          "actor",
        ],
        "source": {
          "day": "2026-01-05",
          "kind": "InsightActorsQuery",
          "source": {
            "dateRange": {
              "date_from": "2026-01-05",
              "date_to": "2026-01-05",
            },
            "interval": "day",
            "kind": "LifecycleQuery",
            "series": [
              {
                "event": "signed up",
                "kind": "EventsNode",
              },
            ],
          },
          "status": "new",
        },
      }
    `);
  });

  test('A stickiness asks who was active on so many days', () => {
    expect(documentFrom('persons_stickiness', { args: LEAST.persons_stickiness })).toMatchInlineSnapshot(`
      {
        "kind": "ActorsQuery",
        "limit": 100,
        "offset": 0,
        "orderBy": [
          "actor_id ASC",
        ],
        "select": [
          "actor",
        ],
        "source": {
          "day": 3,
          "kind": "StickinessActorsQuery",
          "source": {
            "dateRange": {
              "date_from": "-7d",
            },
            "interval": "day",
            "kind": "StickinessQuery",
            "series": [
              {
                "event": "signed up",
                "kind": "EventsNode",
                "math": "dau",
              },
            ],
          },
        },
      }
    `);
  });

  test('A trend asks who did the event in the whole range, most often first', () => {
    expect(documentFrom('persons_trends', { args: LEAST.persons_trends })).toMatchInlineSnapshot(`
      {
        "kind": "ActorsQuery",
        "limit": 100,
        "offset": 0,
        "orderBy": [
          "event_count DESC",
          "actor_id DESC",
        ],
        "select": [
          "actor",
          "event_count",
        ],
        "source": {
          "kind": "InsightActorsQuery",
          "series": 0,
          "source": {
            "dateRange": {
              "date_from": "-7d",
            },
            "interval": "day",
            "kind": "TrendsQuery",
            "series": [
              {
                "event": "signed up",
                "kind": "EventsNode",
                "math": "total",
              },
            ],
            "trendsFilter": {
              "display": "ActionsBarValue",
            },
          },
        },
      }
    `);
  });
});

describe('What surrounds the source', () => {
  test.each(INSIGHT_IDS)('The page and the search of %s stand in the document', (id: InsightId) => {
    const [limit, offset] =
      id === 'persons_funnel_correlation'
        ? (['funnel_correlation_person_limit', 'funnel_correlation_person_offset'] as const)
        : (['limit', 'offset'] as const);
    const document = documentFrom(id, { args: { ...LEAST[id], [limit]: 7, [offset]: 14, search: 'ada' } });
    expect(document).toMatchObject({ limit: 7, offset: 14, search: 'ada' });
  });

  test.each(INSIGHT_IDS)(
    'The slice of %s is a fixed property, and no argument changes it',
    (id: InsightId) => {
      const properties = { type: 'OR', values: [{ type: 'OR', values: [{ ...ACME, value: 'bolt' }] }] };
      for (const args of [LEAST[id], { ...LEAST[id], properties }]) {
        expect(documentFrom(id, { args, conditions: [ACME, EU] }).fixedProperties).toEqual([ACME, EU]);
      }
      expect(documentFrom(id, { args: LEAST[id] })).not.toHaveProperty('fixedProperties');
    },
  );

  test.each(['a.b', 'a`b', "a'b", 'a"b', 'a\\b', 'a{b', '$virt_x'])(
    'A slice of a property called %s is refused, since PostHog may read it as something else',
    (key) => {
      const refused = documentFor('persons_trends', {
        args: LEAST.persons_trends,
        conditions: [{ ...ACME, key }],
      });
      expect(refused).toMatchObject({ ok: false, failure: { code: 'not_sliceable' } });
    },
  );

  test.each([
    [{}],
    [{ ...ACME, value: [] }],
    [{ ...ACME, value: '' }],
    [{ ...ACME, value: ['acme', 7] }],
    [{ ...ACME, type: 'event' }],
    [{ ...ACME, operator: 'is_not' }],
    [{ ...ACME, key: '' }],
    [{ type: 'hogql', key: '1 = 1', operator: 'exact', value: 'x' }],
  ])('A condition that restricts nothing is a defect and sends nothing: %j', (condition) => {
    expect(() =>
      documentFor('persons_trends', { args: LEAST.persons_trends, conditions: [condition] }),
    ).toThrow(/condition/);
  });

  test('An operation that is no query has no document', () => {
    const call = ask('persons_list');
    if (!call.ok) throw new Error('refused');
    expect(() => documentOf({ ...call.value, conditions: [] })).toThrow('persons_list is no query');
  });

  test('The body of a POST makes the same document as the query of a GET', () => {
    for (const id of ['persons_funnel', 'persons_funnel_correlation'] as const) {
      expect(documentFrom(id, { args: LEAST[id], method: 'POST' })).toEqual(
        documentFrom(id, { args: LEAST[id] }),
      );
    }
  });
});
