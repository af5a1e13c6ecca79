/** The gateway with one of its checks taken out: the property has to notice every one. */
import type { Format, ReplyContent, Slicing } from '../../src/catalogue/operation.ts';

import type { Replacement } from './replace-exports.ts';

const ALLOWED = 'async () => ({ ok: true, value: true })';

/** Answers of this kind go out as a grant without a slice would see them. */
const unchecked = (contains: ReplyContent, format: Format['kind']): Replacement => ({
  name: 'render',
  instead: `(ctx, view, call, outcome) =>
    call.operation.reply.contains === '${contains}' && call.format.kind === '${format}'
      ? original(ctx, { ...view, grant: { ...view.grant, slices: [] } }, call, outcome)
      : original(ctx, view, call, outcome)`,
});

/** Calls that are held to their slice in this way are let through. */
const unenforced = (kind: Slicing['kind']): Replacement => ({
  name: 'enforceSlice',
  instead: `(ctx, holder, routed, tombstones) => {
    const { call } = routed;
    const operation = { ...call.operation, slicing: { kind: 'answered' } };
    return call.operation.slicing.kind === '${kind}'
      ? original(ctx, holder, { ...routed, call: { ...call, operation } }, tombstones)
      : original(ctx, holder, routed, tombstones);
  }`,
});

export const MUTANTS = {
  filter: { name: 'constrain', instead: '(call, grant) => original(call, { ...grant, slices: [] })' },
  pages: unchecked('persons', 'json'),
  tables: unchecked('persons', 'csv'),
  retrieved: unchecked('person', 'json'),
  maps: unchecked('person_map', 'json'),
  cohorts: unchecked('cohorts', 'json'),
  named: { name: 'namesPersonInSlice', instead: ALLOWED },
  logged: unenforced('logged'),
  listDeletions: {
    name: 'resolveIds',
    instead: '(lookup, target) => original({ ...lookup, slices: [] }, target)',
  },
  personDeletions: {
    name: 'resolveDeletion',
    instead: `async (lookup, deletion) => {
      const resolved = { asked: deletion.target, distinctIds: [], slices: lookup.slices };
      return deletion.target.kind === 'person'
        ? { ok: true, value: { deletion, resolved } }
        : original(lookup, deletion);
    }`,
  },
  /** A PostHog that drops the filter of the slice, and says nothing (PostHog contract §10, trap 3). */
  upstream: {
    name: 'parseLeaf',
    instead: `(element) => (element?.key === 'tenant_id' ? undefined : original(element))`,
  },
} as const satisfies Record<string, Replacement>;
