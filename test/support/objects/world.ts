/** A PostHog with persons in it, for deletions that look persons up: who is in the slice can change at any time. */
import type { PersonUuid } from '../../../src/core/ids.ts';
import { answer, bodyOf, notFound, posthog, SUMMARY, uuid, type Answer } from './deletion-log.ts';

const CREATED_AT = '2026-01-01T00:00:00Z';

interface Inhabitant {
  tenant_id: string;
  distinct_ids: string[];
}

/** What a look-up or a delete of the world was asked. */
export interface Asked {
  readonly kind: 'look-up' | 'list' | 'delete';
  readonly ids: readonly string[];
}

const NAMES: Readonly<Record<string, Asked['kind']>> = { bulk_delete: 'delete', '': 'list' };

/** Does the list have a filter beside that of the slice? */
const restricts = ({ searchParams }: URL): boolean =>
  searchParams.has('search') || (JSON.parse(searchParams.get('properties') ?? '[]') as unknown[]).length > 1;

const bystander = (id: PersonUuid): [PersonUuid, Inhabitant] => [
  id,
  { tenant_id: 'acme', distinct_ids: ['bystander'] },
];

/**
 * The persons from `uuid(0)` to `uuid(count - 1)`, all of the tenant acme; the nth has the distinct id `person-n`. Every
 * filter names them all, and no filter names the bystanders, who are of the tenant too.
 */
export function world(count: number) {
  const persons = new Map<PersonUuid, Inhabitant>(
    Array.from({ length: count }, (_, n) => [uuid(n), { tenant_id: 'acme', distinct_ids: [`person-${n}`] }]),
  );
  const asked: Asked[] = [];
  const urls: URL[] = [];
  const listed: PersonUuid[] = [];
  const bystanders = { first: [uuid(900_001)], last: [] as PersonUuid[], createdAt: CREATED_AT };
  const faults: { [K in Asked['kind']]: Answer[] } = { 'look-up': [], list: [], delete: [] };
  const rowOf = ([id, { tenant_id, distinct_ids }]: [PersonUuid, Inhabitant]) => ({
    id: 1,
    uuid: id,
    distinct_ids,
    properties: { tenant_id, email: `${distinct_ids[0]}@acme.test` },
    created_at: id >= uuid(900_000) ? bystanders.createdAt : CREATED_AT,
  });
  const ownerOf = (id: string): [PersonUuid, Inhabitant] | undefined => {
    const found = persons.get(id as PersonUuid);
    if (found !== undefined) return [id as PersonUuid, found];
    return [...persons].find(([, { distinct_ids }]) => distinct_ids.includes(id));
  };

  const lookUp = (ids: readonly string[]): Answer => {
    const found = ids.flatMap((id): [string, unknown][] => {
      const owner = ownerOf(id);
      return owner === undefined ? [] : [[id, rowOf(owner)]];
    });
    return answer(200, { results: Object.fromEntries(found) });
  };
  const list = (url: URL): Answer => {
    const offset = Number(url.searchParams.get('offset') ?? 0);
    const limit = Number(url.searchParams.get('limit') ?? 100);
    const named = [...persons].filter(([, { tenant_id }]) => tenant_id === 'acme');
    const all = restricts(url)
      ? named
      : [...bystanders.first.map(bystander), ...named, ...bystanders.last.map(bystander)];
    urls.push(url);
    const next = new URL(url);
    next.searchParams.set('offset', String(offset + limit));
    const rows = all.slice(offset, offset + limit);
    return answer(200, {
      results: rows.map(([id, person]) =>
        rowOf([id, listed.includes(id) ? { ...person, tenant_id: 'other' } : person]),
      ),
      next: offset + limit < all.length ? next.href : null,
      previous: null,
    });
  };
  const remove = (ids: readonly string[]): Answer => {
    const gone = ids.flatMap((id) => ownerOf(id) ?? []).filter((one) => typeof one === 'string');
    for (const id of gone) persons.delete(id);
    return answer(202, { ...SUMMARY, persons_found: gone.length, persons_deleted: gone.length });
  };

  posthog((request) => {
    const url = new URL(request.url);
    const name = url.pathname.split('/persons/')[1]?.replace('/', '') ?? '';
    const body = (bodyOf(request) ?? {}) as Record<string, readonly string[]>;
    const ids = body['ids'] ?? body['uuids'] ?? body['distinct_ids'] ?? [];
    const kind = NAMES[name] ?? 'look-up';
    asked.push({ kind, ids });
    const fault = faults[kind].shift();
    if (fault !== undefined) return fault(request);
    if (kind === 'list') return list(url)(request);
    if (request.init.method === 'GET') {
      const owner = ownerOf(name);
      return (owner === undefined ? notFound : answer(200, rowOf(owner)))(request);
    }
    return (kind === 'delete' ? remove(ids) : lookUp(ids))(request);
  });

  return {
    persons,
    asked,
    /** The address of each page of a list. */
    urls,
    /** Persons that lists show although they are another tenant's. */
    listed,
    /** Persons of the tenant whom no filter names, as lists of everybody show them, and when they were created. */
    bystanders,
    /** The ids of each delete that PostHog was sent. */
    deletes: () => asked.filter(({ kind }) => kind === 'delete').map(({ ids }) => ids),
    /** The next request of this kind gets this answer; the work is not done. */
    fail: (kind: Asked['kind'], ...answers: Answer[]) => faults[kind].push(...answers),
    /** The person is another tenant's from now on. */
    leave: (n: number) => {
      const person = persons.get(uuid(n));
      if (person !== undefined) person.tenant_id = 'other';
    },
    /** The person belongs to the tenant again. */
    join: (n: number) => {
      const person = persons.get(uuid(n));
      if (person !== undefined) person.tenant_id = 'acme';
    },
  };
}
