/** Each refusal with its reason, and which reason is given where there are several. */
import { describe, expect, test } from 'vitest';
import { GENERATIONS } from '../../src/catalogue/generation.ts';
import { checkAbsent } from '../../src/catalogue/generation-lacks.ts';
import { CATALOGUE } from '../../src/catalogue/index.ts';
import type { Failure } from '../../src/core/failure.ts';
import { ProjectId } from '../../src/core/ids.ts';
import { ScopeName, type Scope } from '../../src/core/scopes.ts';
import {
  decide,
  checkOrigin,
  checkScopes,
  type Caller,
  type UpstreamFacts,
} from '../../src/policy/decide.ts';
import type { Grant } from '../../src/policy/grant.ts';
import { exampleOf, operationOf, PROJECT } from '../support/catalogue/operations.ts';
import { callOf, wholeGrant } from '../support/policy/grants.ts';

const backend: Caller = { projectId: PROJECT, origin: null };
/** A PostHog of the newest generation, of whose key's owner nothing is known. */
const upstream: UpstreamFacts = { generation: 'C', ownersProject: null };
/** A PostHog that has removed nothing yet. */
const oldest: UpstreamFacts = { generation: 'A', ownersProject: null };
const page = (origin: string): Caller => ({ ...backend, origin });
const without = (...scopes: Scope[]): Grant =>
  wholeGrant({ scopes: ScopeName.options.filter((scope) => !scopes.includes(scope)) });
const deletes = (events: boolean, recordings: boolean): Partial<Grant> => ({
  deletes: { persons_per_day: 10, events, recordings, hold_seconds: 0 },
});
const bulk = (flags: object = {}) =>
  callOf('persons_bulk_delete', { body: { distinct_ids: ['a'], ...flags } });

function reason(
  grant: Grant,
  caller: Caller,
  call: ReturnType<typeof callOf>,
  facts = upstream,
): Failure | 'allowed' {
  const decision = decide(grant, caller, call, facts);
  return decision.verdict === 'deny' ? decision.failure : 'allowed';
}

const NOT_IN_A = [
  'persons_deletion_status',
  'persons_batch_by_distinct_ids',
  'persons_batch_by_uuids',
  'persons_properties_at_time',
];

describe('Grants of everything', () => {
  test.each(CATALOGUE.map((operation) => [operation.id, operation] as const))(
    'A grant of everything allows %s, and the permitted call is the call',
    (id, operation) => {
      const call = callOf(id);
      const generation = checkAbsent(operation, 'A') === null ? 'A' : 'B';
      const decision = decide(wholeGrant(), backend, call, { ...oldest, generation });
      expect(decision.verdict).toBe('allow');
      if (decision.verdict === 'allow') expect(decision.call).toMatchObject(call);
    },
  );

  test.each([
    ['A', 'generation_lacks', NOT_IN_A],
    ['B', 'operation_removed', ['persons_properties_timeline']],
    ['C', 'operation_removed', ['persons_properties_timeline']],
  ] as const)(
    'An operation that generation %s does not have is refused with the reason, and no other',
    (generation, code, absent) => {
      const facts = { generation, ownersProject: null };
      const refused = CATALOGUE.flatMap(({ id }) => {
        const said = reason(wholeGrant(), backend, callOf(id), facts);
        return said === 'allowed' ? [] : [[id, said.code]];
      });
      expect(refused).toEqual(absent.map((id) => [id, code]));
    },
  );

  test('A refusal of a removed operation says that PostHog removed it, and what remains', () => {
    expect(reason(wholeGrant(), backend, callOf('persons_properties_timeline'))).toEqual({
      code: 'operation_removed',
      attr: null,
      detail:
        'PostHog has removed this from the version behind this gateway. ' +
        'What a person was like at one moment is at properties_at_time.',
    });
  });

  test('A grant allows a page of an origin that it lists', () => {
    expect(reason(wholeGrant(), page('https://app.acme.example'), callOf('persons_list'))).toBe('allowed');
  });
});

describe('Missing scopes', () => {
  test.each(CATALOGUE.map((operation) => [operation.id, operation] as const))(
    'A missing scope refuses %s, and the refusal names what is missing and what is needed',
    (id, { scopes }) => {
      for (const missing of scopes) {
        expect(reason(without(missing), backend, callOf(id))).toEqual({
          code: 'scope_missing',
          attr: null,
          detail: `This needs the scope ${missing}.`,
          scopes,
          missingScopes: [missing],
        });
      }
    },
  );

  test('A refusal names all scopes that are missing', () => {
    expect(reason(without('person:read', 'cohort:read'), backend, callOf('persons_cohorts'))).toMatchObject({
      detail: 'This needs the scope person:read and cohort:read.',
    });
  });

  test.each([
    ['persons_bulk_delete', 'person:update'],
    ['persons_update', 'person:delete'],
    ['persons_split', 'person:delete'],
    ['persons_reset_distinct_id', 'person:update'],
    ['persons_activity', 'person:read'],
    ['persons_trends', 'person:read'],
  ] as const)('A missing scope is not made up for by another: %s with %s alone', (id, scope) => {
    expect(reason(wholeGrant({ scopes: [scope] }), backend, callOf(id))).toMatchObject({
      code: 'scope_missing',
    });
  });

  test('No scope is missing where none is needed', () => {
    expect(checkScopes(wholeGrant({ scopes: [] }), [])).toBeNull();
  });
});

describe('The project', () => {
  const other = ProjectId.parse(8);
  const denied = {
    code: 'project_not_granted',
    attr: 'project_id',
    detail: 'This token is not for project 7.',
  };

  test('The project of the call must be the one of the grant as it is now', () => {
    expect(reason(wholeGrant({ project_id: other }), backend, callOf('persons_list'))).toEqual(denied);
  });

  test('The project of the call must be the one the token was issued for: a tenant that moved leaves its tokens behind', () => {
    expect(reason(wholeGrant(), { ...backend, projectId: other }, callOf('persons_list'))).toEqual(denied);
  });
});

describe('The origin', () => {
  const denied = {
    code: 'origin_not_allowed',
    attr: 'Origin',
    detail: 'Pages of this web origin may not use this token.',
  };

  test.each([
    'https://evil.example',
    'http://app.acme.example',
    'https://app.acme.example:8443',
    'https://app.acme.example.evil.example',
    'https://APP.acme.example',
    'https://app.acme.example/',
    'null',
    '',
  ])('The origin %s is not in the grant and is refused', (origin) => {
    expect(reason(wholeGrant(), page(origin), callOf('persons_list'))).toEqual(denied);
  });

  test('Every origin is refused by a grant that lists none', () => {
    expect(checkOrigin(wholeGrant({ origins: [] }), 'https://app.acme.example')).toEqual(denied);
  });

  test("A request without an origin is not a browser's and is allowed", () => {
    expect(checkOrigin(wholeGrant({ origins: [] }), null)).toBeNull();
  });
});

describe('Events and recordings deleted along', () => {
  test.each([
    ['events', { delete_events: true }, deletes(false, true), 'delete_events'],
    ['recordings', { delete_recordings: true }, deletes(true, false), 'delete_recordings'],
    ['both', { delete_events: true, delete_recordings: true }, deletes(false, false), 'delete_events'],
  ])('A delete is refused where the grant does not allow it along: %s', (_, flags, limits, attr) => {
    expect(reason(wholeGrant(limits), backend, bulk(flags))).toEqual({
      code: 'delete_flag_not_granted',
      attr,
      detail: `The grant does not allow deleting ${attr.replace('delete_', '')}.`,
    });
    const query = Object.fromEntries(Object.keys(flags).map((name) => [name, 'true']));
    expect(reason(wholeGrant(limits), backend, callOf('persons_destroy', { query }))).toMatchObject({ attr });
  });

  test.each([
    ['persons_delete_events', deletes(false, true)],
    ['persons_delete_recordings', deletes(true, false)],
  ])('The operation %s needs the flag in the grant too, though its caller sends none', (id, limits) => {
    expect(reason(wholeGrant(limits), backend, callOf(id))).toMatchObject({
      code: 'delete_flag_not_granted',
    });
  });

  test('A delete whose flags are off needs no flag in the grant', () => {
    const off = { delete_events: false, delete_recordings: false, keep_person: true };
    expect(reason(wholeGrant(deletes(false, false)), backend, bulk(off))).toBe('allowed');
  });
});

const sliced = wholeGrant({ slices: [{ property: 'tenant_id', values: ['acme'] }] });
const inProject = (ownersProject: ProjectId | null, generation: UpstreamFacts['generation'] = 'C') => ({
  generation,
  ownersProject,
});

/** By the oldest generation that has the operation. */
const refusedTo = (id: string, grant = sliced) => {
  const generation = NOT_IN_A.includes(id) ? 'B' : 'A';
  return reason(grant, backend, callOf(id), inProject(PROJECT, generation));
};

describe('Grants with a slice', () => {
  test.each(CATALOGUE.map((operation) => [operation.id, operation.slicing] as const))(
    'A sliced grant is refused %s exactly where its entry says that there is no way, or where a split leaves the slice',
    (id, slicing) => {
      const refused = slicing.kind === 'refused' || id === 'persons_split';
      if (!refused) return expect(refusedTo(id)).toBe('allowed');
      const detail: unknown =
        slicing.kind === 'refused' ? slicing.why : expect.stringMatching(/^A split leaves /);
      return expect(refusedTo(id)).toMatchObject({ code: 'not_sliceable', detail });
    },
  );

  test('A sliced grant may split where it says so', () => {
    expect(refusedTo('persons_split', { ...sliced, split_out_of_slice: true })).toBe('allowed');
  });

  test.each(CATALOGUE.map(({ id }) => id))(
    'A sliced grant that covers no person any more is refused %s',
    (id) => {
      expect(refusedTo(id, wholeGrant({ slices: [{ property: 'tenant_id', values: [] }] }))).toMatchObject({
        code: 'not_sliceable',
      });
    },
  );

  test.each([
    ['persons_update', { body: { properties: { tenant_id: 'bolt' } } }],
    ['persons_update', { body: { properties: { plan: 'pro', tenant_id: 'acme' } } }],
    ['persons_update_property', { body: { key: 'tenant_id', value: 'acme' } }],
    ['persons_delete_property', { body: { $unset: 'tenant_id' } }],
  ])('A sliced grant may not change the property of its slice: %s %j', (id, asked) => {
    const person = exampleOf(operationOf(id));
    expect(reason(sliced, backend, callOf(id, { ...person, ...asked }))).toMatchObject({
      code: 'not_sliceable',
      attr: 'tenant_id',
    });
  });
});

describe('The project that the key’s owner has open', () => {
  const other = ProjectId.parse(8);
  const asking = [
    ['persons_cohorts', 'A'],
    ['persons_cohorts', 'B'],
    ['persons_cohorts', 'C'],
  ] as const;

  test.each(asking)(
    "The owner's project decides %s in generation %s: it must be known to a slice, and never another",
    (id, generation) => {
      const of = (grant: Grant, project: ProjectId | null) =>
        reason(grant, backend, callOf(id), inProject(project, generation));
      for (const grant of [sliced, wholeGrant()]) {
        expect(of(grant, PROJECT)).toBe('allowed');
        expect(of(grant, other)).toMatchObject({ code: 'project_not_current' });
      }
      expect(of(sliced, null)).toMatchObject({ code: 'project_not_current' });
      expect(of(wholeGrant(), null)).toBe('allowed');
    },
  );

  test("The owner's project decides nothing else", () => {
    for (const operation of CATALOGUE) {
      const { id, ownersProject } = operation;
      for (const generation of GENERATIONS.filter((one) => !ownersProject.includes(one))) {
        if (checkAbsent(operation, generation) !== null) continue;
        expect(reason(wholeGrant(), backend, callOf(id), inProject(other, generation)), id).toBe('allowed');
      }
    }
    expect(CATALOGUE.flatMap(({ id, ownersProject }) => ownersProject.map((one) => `${id} ${one}`))).toEqual(
      expect.arrayContaining(asking.map((pair) => pair.join(' '))),
    );
    expect(CATALOGUE.flatMap(({ ownersProject }) => ownersProject)).toHaveLength(asking.length);
  });
});

describe('Hidden properties', () => {
  test.each([
    ['persons_list', { query: { email: 'ada@acme.test' } }, { hidden: ['email'] }],
    ['persons_list', { query: { search: 'ada' } }, { hidden: ['name'] }],
    ['persons_list', { query: { search: 'ada' } }, { visible: ['plan'] }],
    ['persons_list', { query: { distinct_id: 'ada' } }, { distinct_ids_hidden: true }],
    ['persons_values', { query: { key: 'ssn' } }, { hidden: ['ssn'] }],
  ])('A hidden property may not be asked about: %s %j under %j', (id, asked, rule) => {
    expect(reason(wholeGrant(rule), backend, callOf(id, asked))).toMatchObject({ code: 'property_hidden' });
    expect(reason(wholeGrant(), backend, callOf(id, asked))).toBe('allowed');
  });
});

const more = (members: object) => ({
  project_id: PROJECT,
  origins: ['https://x.test'],
  scopes: ScopeName.options,
  ...members,
});

describe('Several reasons at once', () => {
  const everything: Grant = wholeGrant({
    project_id: ProjectId.parse(8),
    scopes: [],
    origins: [],
    ...deletes(false, false),
    hidden: ['email'],
    slices: [{ property: 'tenant_id', values: [] }],
  });

  test.each([
    ['origin_not_allowed', {}],
    ['project_not_granted', { origins: ['https://x.test'] }],
    ['scope_missing', { project_id: PROJECT, origins: ['https://x.test'] }],
    ['delete_flag_not_granted', more({})],
    ['not_sliceable', more(deletes(true, true))],
    ['property_hidden', more({ ...deletes(true, true), slices: [], distinct_ids_hidden: true })],
  ])('The reason %s is given before those that follow it', (code, repaired) => {
    const grant = { ...everything, ...repaired };
    expect(reason(grant, page('https://x.test'), bulk({ delete_events: true }))).toMatchObject({ code });
  });
});
