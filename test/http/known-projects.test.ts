/** What an isolate knows of tombstones: never older than a term, and never less than was true when a request asked. */
import { describe, expect, test } from 'vitest';
import { ProjectId, TenantId } from '../../src/core/ids.ts';
import { LIMITS } from '../../src/core/limits.ts';
import type { NewsUse, Tombstone } from '../../src/core/shield/tombstones.ts';
import type { Payer, ShareAsk } from '../../src/core/shield/upstream-share.ts';
import { knownProjects } from '../../src/http/known-projects.ts';
import { LeaseBook } from '../../src/upstream/share/lease-book.ts';

const TERM_MS = LIMITS.tombstoneLeaseMs;
const ONE = ProjectId.parse(1);
const ADA = { key: 'acme/1/0', by: 'distinct_ids', ids: ['ada'] } as const satisfies Tombstone;

const ACME = { kind: 'tenant', tenant: TenantId.parse('acme'), weight: 3 } as const satisfies Payer;

/** A source whose tombstones a test sets, and an isolate that asks the source. */
function isolate() {
  let nowMs = 1_000_000;
  let kept: readonly Tombstone[] = [];
  let broken = false;
  const asked: (readonly string[])[] = [];
  const uses: NewsUse[] = [];
  const told: unknown[] = [];
  const wanted: (ShareAsk | null)[] = [];
  const leases = new LeaseBook(
    () => nowMs,
    () => `ask ${wanted.length}`,
  );
  const news = (keys: readonly string[], use: NewsUse, permits: ShareAsk | null) => {
    uses.push(use);
    asked.push(keys);
    wanted.push(permits);
    if (broken) return Promise.reject(new Error('out of reach'));
    return Promise.resolve({
      added: kept.filter(({ key }) => !keys.includes(key)),
      ended: keys.filter((key) => !kept.some((one) => one.key === key)),
      epoch: `epoch ${asked.length}`,
      ...(permits === null ? {} : { lease: { id: permits.id, permits: permits.want } }),
    });
  };
  const { tombstonesOf: ofPayer, epochOf } = knownProjects({
    sourceOf: () => ({ news }),
    leases,
    nowMs: () => nowMs,
    unreachable: (error) => told.push(error),
  });
  const of = (projectId: ProjectId) => ofPayer(projectId, { kind: 'reserved' });
  return {
    asked,
    uses,
    told,
    wanted,
    leases,
    of,
    ofPayer,
    epochOf: () => epochOf(ONE),
    covers: async () => (await of(ONE)).coverDistinctId('ada'),
    set: (...now: Tombstone[]) => {
      kept = now;
    },
    pass: (ms: number) => {
      nowMs += ms;
    },
    break: () => {
      broken = true;
    },
  };
}

describe('Tombstones of an isolate', () => {
  test('Requests within a term ask once, and the first after the term asks for what changed', async () => {
    const { asked, covers, set, pass } = isolate();
    set(ADA);
    expect([await covers(), await covers()]).toEqual([true, true]);
    pass(TERM_MS - 1);
    expect(await covers()).toBe(true);
    expect(asked).toEqual([[]]);
    pass(1);
    set();
    expect(await covers()).toBe(false);
    expect(asked).toEqual([[], [ADA.key]]);
  });

  test('The term begins when the question was asked, not when it was answered', async () => {
    const { asked, of, covers, set, pass } = isolate();
    const first = of(ONE);
    pass(TERM_MS);
    await first;
    set(ADA);
    expect(await covers()).toBe(true);
    expect(asked).toHaveLength(2);
  });

  test.each([-1, -3_600_000, 3_600_000])(
    'After a jump of the clock by %d ms the source is asked',
    async (ms) => {
      const { asked, covers, pass } = isolate();
      await covers();
      pass(ms);
      await covers();
      expect(asked).toHaveLength(2);
    },
  );

  test('Tombstones that were known last hold where the source is out of reach, and the operator is told', async () => {
    const { covers, set, pass, break: breakSource, told } = isolate();
    set(ADA);
    await covers();
    breakSource();
    pass(TERM_MS);
    expect(await covers()).toBe(true);
    expect(told).toHaveLength(1);
  });

  test('The epoch is that of the newest answer, and not known where the source is out of reach', async () => {
    const { epochOf, pass, break: breakSource } = isolate();
    expect([await epochOf(), await epochOf()]).toEqual(['epoch 1', 'epoch 1']);
    pass(TERM_MS);
    expect(await epochOf()).toBe('epoch 2');
    breakSource();
    expect(await epochOf()).toBe('epoch 2');
    pass(TERM_MS);
    expect(await epochOf()).toBe(null);
  });

  test('A source is told that answers are shared for as long as somebody shares them', async () => {
    const { epochOf, covers, pass, uses } = isolate();
    await covers();
    await epochOf();
    pass(TERM_MS);
    await epochOf();
    await covers();
    pass(TERM_MS);
    await covers();
    pass(TERM_MS);
    await covers();
    expect(uses).toEqual(['tombstones', 'answers', 'answers', 'tombstones', 'tombstones']);
    expect(await epochOf()).toBe('epoch 6');
  });

  test('An epoch that took a term to arrive is not known', async () => {
    const { epochOf, pass } = isolate();
    const late = epochOf();
    pass(TERM_MS);
    expect(await late).toBe(null);
  });

  test('Projects are apart', async () => {
    const { of, asked } = isolate();
    await of(ONE);
    await of(ProjectId.parse(2));
    expect(asked).toEqual([[], []]);
  });

  test('A project that a hundred others were asked for after is forgotten, and asked for anew', async () => {
    const { of, asked, set } = isolate();
    set(ADA);
    await of(ONE);
    for (let project = 2; project <= 101; project += 1) await of(ProjectId.parse(project));
    await of(ONE);
    expect(asked).toHaveLength(102);
    expect(asked.at(-1)).toEqual([]);
  });

  test('A tenant that has no permit gets one along with the tombstones, and no second call is made for it', async () => {
    const { ofPayer, leases, wanted, pass } = isolate();
    await ofPayer(ONE, ACME);
    expect(wanted).toMatchObject([{ tenant: 'acme', weight: 3, want: 1 }]);
    expect([leases.take(ONE, ACME), leases.take(ONE, ACME)]).toEqual([true, false]);
    pass(TERM_MS);
    await ofPayer(ONE, { kind: 'reserved' });
    expect(wanted.at(-1)).toBeNull();
  });

  test('A tenant that still has permits asks for tombstones alone', async () => {
    const { ofPayer, wanted, pass } = isolate();
    await ofPayer(ONE, ACME);
    pass(TERM_MS);
    await ofPayer(ONE, ACME);
    expect(wanted).toMatchObject([{ want: 1 }, null]);
  });
});
