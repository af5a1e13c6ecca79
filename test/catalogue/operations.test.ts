/** Which operations there are: the table of the main job, written here a second time on purpose. */
import { describe, expect, test } from 'vitest';
import { DELETING } from '../../src/catalogue/deletion.ts';
import type { ControlRoute } from '../../src/contract/control-route.ts';
import { scopesOf } from '../../src/contract/control-route.ts';
import { CONTROL_ROUTES } from '../../src/contract/routes.ts';
import { CATALOGUE, FAMILIES } from '../../src/catalogue/index.ts';
import { ScopeName } from '../../src/core/scopes.ts';
import { operationOf } from '../support/catalogue/operations.ts';

const EXPECTED = [
  // From the documentation PostHog publishes.
  ['GET', 'activity', 'activity_log:read'],
  ['POST', 'bulk_delete', 'person:delete'],
  ['GET', 'cohorts', 'person:read cohort:read'],
  ['GET', 'funnel', 'insight:read'],
  ['POST', 'funnel', 'insight:read'],
  ['GET', 'funnel/correlation', 'insight:read'],
  ['POST', 'funnel/correlation', 'insight:read'],
  ['GET', 'lifecycle', 'insight:read'],
  ['POST', 'reset_person_distinct_id', 'person:reset_distinct_id'],
  ['GET', 'stickiness', 'insight:read'],
  // Beyond it.
  ['GET', '', 'person:read'],
  ['GET', ':id', 'person:read'],
  ['PATCH', ':id', 'person:update'],
  ['PUT', ':id', 'person:update'],
  ['DELETE', ':id', 'person:delete'],
  ['POST', ':id/delete_events', 'person:delete'],
  ['POST', ':id/delete_recordings', 'person:delete'],
  ['POST', ':id/delete_property', 'person:update'],
  ['POST', ':id/update_property', 'person:update'],
  ['POST', ':id/split', 'person:split'],
  ['GET', ':id/activity', 'activity_log:read'],
  ['GET', ':id/properties_timeline', 'insight:read'],
  ['GET', 'trends', 'insight:read'],
  ['GET', 'values', 'person:read'],
  ['GET', 'deletion_status', 'person:read'],
  ['POST', 'batch_by_distinct_ids', 'person:read'],
  ['POST', 'batch_by_uuids', 'person:read'],
  ['GET', 'properties_at_time', 'person:read'],
] as const;

const there = CATALOGUE.flatMap((operation) =>
  operation.methods.map((method) => ({ method, path: operation.path, operation })),
);

describe('The catalogue', () => {
  test.each(EXPECTED)(
    'The catalogue has %s persons/%s exactly once, for the scope %s',
    (method, path, scopes) => {
      const found = there.filter((entry) => entry.method === method && entry.path === path);
      expect(found.map(({ operation }) => operation.scopes.join(' '))).toEqual([scopes]);
    },
  );

  test('The catalogue has no other operation', () => {
    const expected = EXPECTED.map(([method, path]) => `${method} ${path}`);
    expect(there.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(expected.toSorted());
  });

  test('The catalogue names each operation once', () => {
    const ids = CATALOGUE.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^persons_[a-z_]+$/);
  });

  test('The catalogue has one policy for both path families: an operation does not know which it was called by', () => {
    expect(FAMILIES).toEqual(['projects', 'environments']);
    for (const { path } of CATALOGUE) expect(path).not.toMatch(/projects|environments/);
  });

  test('The catalogue writes paths of plain words without slashes at the ends, with at most one person', () => {
    for (const { path } of CATALOGUE) expect(path).toMatch(/^$|^(?::id|[a-z_]+)(?:\/[a-z_]+)?$/);
  });

  test('The catalogue and the routes use every scope there is, so that none is granted for nothing', () => {
    const routes: readonly ControlRoute[] = Object.values(CONTROL_ROUTES);
    const used = new Set([...CATALOGUE.flatMap(({ scopes }) => scopes), ...routes.flatMap(scopesOf)]);
    expect([...used].toSorted()).toEqual(ScopeName.options.toSorted());
  });
});

describe('Operations', () => {
  test.each(CATALOGUE.map((operation) => [operation.id, operation] as const))(
    'The operation %s reads and waits as its effect says',
    (_, { methods, effect, delivery, place, scopes, reply }) => {
      // What is asked twice, and what GET may reach, must not change anything.
      if (methods.includes('GET')) expect(effect).toBe('read');
      expect(delivery === 'once').toBe(effect !== 'read');
      // A body on GET means nothing here.
      if (methods.includes('GET')) expect(place).not.toBe('body');
      const reading = scopes.every((scope) => scope.endsWith(':read'));
      expect(reading).toBe(effect === 'read');
      expect([200, 201, 202]).toContain(reply.status);
    },
  );

  test('An operation deletes if and only if the deletion log knows it', () => {
    const erasing = CATALOGUE.filter(({ effect }) => effect === 'delete').map(({ id }) => id);
    expect(erasing.toSorted()).toEqual(DELETING.toSorted());
  });

  test.each([
    ['persons_retrieve', 'idempotent'],
    ['persons_funnel', 'slow'],
    ['persons_update', 'once'],
    ['persons_bulk_delete', 'once'],
  ])('The operation %s is asked of PostHog with the delivery %s', (id, delivery) => {
    expect(operationOf(id).delivery).toBe(delivery);
  });
});
