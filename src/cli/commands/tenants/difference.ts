/** What differs between two records, member by member. */
import { isMembers, type Members } from '../../input/files.ts';
import { shown } from '../../output/shown.ts';
import type { Style } from '../../output/style.ts';

export interface Difference {
  /** With dots, as assignments have it. */
  readonly member: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Members that the gateway writes. */
const ITS_OWN = new Set(['tenant', 'registration', 'created_at', 'updated_at']);

export function differencesOf(before: Members, after: Members): readonly Difference[] {
  const [old, now] = [flat(before), flat(after)];
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((member) => !ITS_OWN.has(member))
    .map((member) => ({ member, before: old.get(member), after: now.get(member) }))
    .filter((one) => JSON.stringify(one.before) !== JSON.stringify(one.after))
    .toSorted((a, b) => (a.member < b.member ? -1 : 1));
}

/** The members of all depths, by their dotted names. */
function flat(members: Members, prefix = '', found = new Map<string, unknown>()): Map<string, unknown> {
  for (const [name, value] of Object.entries(members)) {
    if (isMembers(value)) flat(value, `${prefix}${name}.`, found);
    else found.set(`${prefix}${name}`, value);
  }
  return found;
}

/** A line for what is, and a line for what will be. What a new record leaves out gets the gateway's default. */
export const differenceLines = (differences: readonly Difference[], style: Style): readonly string[] =>
  differences.flatMap(({ member, before, after }) => [
    ...(before === undefined ? [] : [style.red(`- ${shown(member)} ${valueText(before)}`)]),
    style.green(`+ ${shown(member)} ${valueText(after ?? null)}`),
  ]);

export const valueText = (value: unknown): string =>
  value === undefined ? '-' : shown(value === null ? 'the default' : (JSON.stringify(value) ?? '-'));

/** A merge patch done to a record (RFC 7396), but for `null`, which stays: only the gateway knows the defaults. */
export function patched(record: Members, patch: Members): Members {
  const members: Record<string, unknown> = { ...record };
  for (const [name, value] of Object.entries(patch)) {
    const inner = members[name];
    members[name] = isMembers(value) ? patched(isMembers(inner) ? inner : {}, value) : value;
  }
  return members;
}
