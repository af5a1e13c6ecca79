/** A record that two people change at once, side by side. */
import type { Members } from '../../input/files.ts';
import { table } from '../../output/table.ts';
import type { Style } from '../../output/style.ts';
import { differencesOf, valueText } from './difference.ts';

/** Members that either side has changed: as they were read, as they are now, and as they were to be. */
export function conflictTable(read: Members, now: Members, wanted: Members, style: Style): readonly string[] {
  const theirs = new Map(differencesOf(read, now).map((one) => [one.member, one]));
  const mine = new Map(differencesOf(read, wanted).map((one) => [one.member, one]));
  const rows = [...new Set([...theirs.keys(), ...mine.keys()])].toSorted().map((member) => {
    const [other, own] = [theirs.get(member), mine.get(member)];
    const was = (other ?? own)?.before;
    return {
      member,
      was,
      now: other === undefined ? was : other.after,
      wanted: own === undefined ? was : own.after,
    };
  });
  return table(
    rows,
    [
      { title: 'member', of: ({ member }) => member },
      { title: 'as you read it', of: ({ was }) => valueText(was) },
      { title: 'as it is now', of: (row) => valueText(row.now) },
      { title: 'as you want it', of: (row) => valueText(row.wanted) },
    ],
    style,
  )
    .trimEnd()
    .split('\n');
}
