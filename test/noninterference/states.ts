/** What calls left behind in two worlds: others as they were, Acme's people the same in both. */
import type { SandboxPerson, SandboxState } from '../support/sandbox.ts';

type Both<T> = readonly [left: T, right: T];

const isOwn = ({ project_id: project, properties }: SandboxPerson): boolean =>
  project === 1 && (properties['tenant_id'] === 'acme' || properties['tenant_id'] === 'acme-west');

const texts = (items: readonly unknown[]): string =>
  JSON.stringify(items.map((item) => JSON.stringify(item)).toSorted());

interface Parted {
  readonly own: string;
  /** Others who were there before. */
  readonly others: string;
  /** Split off from Acme's own: nobody's, under a number and UUID that depend on how many there are. */
  readonly fresh: string;
  readonly ownDeletions: string;
  readonly otherDeletions: string;
}

/** Whose a person is was decided before the calls: nobody moves into or out of a slice. */
function part(before: SandboxState, { persons, deletions }: SandboxState): Parted {
  const own = new Set(before.persons.filter(isOwn).map(({ uuid }) => uuid));
  const known = new Set(before.persons.map(({ uuid }) => uuid));
  return {
    own: texts(persons.filter(({ uuid }) => own.has(uuid))),
    others: texts(persons.filter(({ uuid }) => known.has(uuid) && !own.has(uuid))),
    fresh: texts(
      persons
        .filter(({ uuid }) => !known.has(uuid))
        .map((person) => Object.assign({}, person, { id: 0, uuid: '' })),
    ),
    ownDeletions: texts(deletions.filter(({ person_uuid: uuid }) => own.has(uuid))),
    otherDeletions: texts(deletions.filter(({ person_uuid: uuid }) => !own.has(uuid))),
  };
}

/** What is wrong, for the reader of a failed test. Empty is good. */
export function differencesOf(before: Both<SandboxState>, after: Both<SandboxState>): string[] {
  const was = before.map((state) => part(state, state));
  const is = after.map((state, i) => part(before[i]!, state));
  const problems = (['others', 'otherDeletions'] as const).flatMap((what) =>
    is.flatMap((state, i) =>
      state[what] === was[i]![what]
        ? []
        : [`${what} of world ${i} changed, from\n${was[i]![what]}\nto\n${state[what]}`],
    ),
  );
  const differing = (['own', 'fresh', 'ownDeletions'] as const).filter(
    (what) => is[0]![what] !== is[1]![what],
  );
  return [...problems, ...differing.map((what) => `${what} differ:\n${is[0]![what]}\n\n${is[1]![what]}`)];
}
