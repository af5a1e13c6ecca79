/** Which persons are in a slice, asked with one query. */
import { describe, expect, test } from 'vitest';
import { PersonUuid, ProjectId } from '../../../src/core/ids.ts';
import type { Json } from '../../../src/core/json.ts';
import { chunksOfText } from '../../../src/upstream/body.ts';
import type { PostHogClient } from '../../../src/upstream/client.ts';
import { findOwned } from '../../../src/upstream/query/find-owned.ts';
import type { UpstreamRequest } from '../../../src/upstream/request.ts';

const PROJECT = ProjectId.parse(1);
const ADA = PersonUuid.parse('0190C0DE-0001-7000-8000-000000000001');
const LEAF = { type: 'person', key: 'tenant_id', operator: 'exact', value: 'acme' } as const;
const ROW = { id: ADA, properties: { tenant_id: 'acme' }, distinct_ids: ['ada'] };

/** A PostHog that answers every query so, and the requests it received. */
function posthogWith(actors: readonly Json[], members: Readonly<Record<string, Json>> = {}) {
  const received: UpstreamRequest[] = [];
  const text = JSON.stringify({
    columns: ['actor'],
    results: actors.map((actor) => [actor]),
    hasMore: false,
    ...members,
  });
  const client: PostHogClient = {
    ask: () => Promise.reject(new Error('is not asked this way')),
    open: (request) => {
      received.push(request);
      return Promise.resolve({
        kind: 'open',
        answer: {
          status: 200,
          mediaType: 'application/json',
          text: () => Promise.resolve({ ok: true, value: text }),
          chunks: () => chunksOfText(text),
          lost: () => {
            throw new Error('nothing is lost');
          },
        },
      });
    },
  };
  return { client, received };
}

const owned = ({ client }: ReturnType<typeof posthogWith>, property = 'tenant_id') =>
  findOwned(client, PROJECT, [ADA], [{ ...LEAF, key: property }], 'req_1');

describe('A query for the persons of a slice', () => {
  test('A person is told with UUID, properties and distinct ids', async () => {
    expect(await owned(posthogWith([ROW]))).toEqual({
      ok: true,
      value: [{ uuid: ADA, properties: ROW.properties, distinct_ids: ['ada'] }],
    });
  });

  test('A row that the person database did not fill is no person', async () => {
    const rows = [{ id: ADA }, { id: ADA, is_unresolved: true }, { ...ROW, group_key: 'acme' }];
    for (const row of rows) expect(await owned(posthogWith([row]))).toEqual({ ok: true, value: [] });
  });

  test('An answer that PostHog kept from before is none', async () => {
    expect(await owned(posthogWith([ROW], { is_cached: true }))).toMatchObject({ ok: false });
    expect(await owned(posthogWith([ROW], { is_cached: false }))).toMatchObject({ ok: true });
  });

  test('A slice whose property PostHog may read as a path is not asked', async () => {
    for (const property of ['tenant.id', '$tenant', 'a`b', "a'b"]) {
      const posthog = posthogWith([ROW]);
      expect(await owned(posthog, property)).toMatchObject({ ok: false });
      expect(posthog.received).toEqual([]);
    }
  });
});
