/** What an isolate knows of tombstones: never older than a term, and never less than was true when a request asked. */
import { describe, expect, test, vi } from 'vitest';
import { ProjectId, TenantId } from '../../src/core/ids.ts';
import { LIMITS } from '../../src/core/limits.ts';
import type { NewsUse, ProjectNews, Tombstone } from '../../src/core/shield/tombstones.ts';
import type { Payer, ShareAsk } from '../../src/core/shield/upstream-share.ts';
import { TERM_GRAIN_MS } from '../../src/core/terms/watched-clock.ts';
import { knownProjects } from '../../src/http/known-projects.ts';
import { LeaseBook } from '../../src/upstream/share/lease-book.ts';

const TERM_MS = LIMITS.tombstoneLeaseMs - TERM_GRAIN_MS;
const ONE = ProjectId.parse(1);
const ADA = { key: 'acme/1/0', by: 'distinct_ids', ids: ['ada'] } as const satisfies Tombstone;

const ACME = { kind: 'tenant', tenant: TenantId.parse('acme'), weight: 3 } as const satisfies Payer;

/** A source whose tombstones a test sets, and an isolate that asks the source. */
function isolate() {
  let nowMs = 1_000_000;
  let kept: readonly Tombstone[] = [];
  let broken = false;
  let silent = false;
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
    if (silent) return new Promise<ProjectNews>(() => undefined);
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
    silence: () => {
      silent = true;
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

  test.each([-6, -3_600_000, 3_600_000])(
    'After a jump of the clock by %d ms the source is asked',
    async (ms) => {
      const { asked, covers, pass } = isolate();
      await covers();
      pass(ms);
      await covers();
      expect(asked).toHaveLength(2);
    },
  );

  test('A clock that is set back while the source is asked makes its answer last no longer', async () => {
    const { asked, epochOf, covers, pass } = isolate();
    const asking = epochOf();
    pass(-100);
    expect(await asking).toBe(null);
    pass(100);
    await covers();
    expect(asked).toHaveLength(2);
  });

  test('A clock that is set back by less than a term does not lengthen the term', async () => {
    const { asked, covers, epochOf, pass } = isolate();
    await covers();
    await epochOf();
    pass(TERM_MS - 1);
    await covers();
    expect(asked).toHaveLength(2);
    pass(-100);
    await covers();
    await epochOf();
    expect(asked).toHaveLength(4);
  });

  test('Tombstones that were known last hold where the source is out of reach, and the operator is told', async () => {
    const { covers, set, pass, break: breakSource, told } = isolate();
    set(ADA);
    await covers();
    breakSource();
    pass(TERM_MS);
    expect(await covers()).toBe(true);
    expect(told).toHaveLength(1);
  });

  test('Tombstones that were known last hold where the source never answers, and the operator is told', async () => {
    const { covers, pass, set, silence, told } = isolate();
    set(ADA);
    expect(await covers()).toBe(true);
    pass(TERM_MS);
    silence();
    vi.useFakeTimers();
    const answered = covers();
    await vi.advanceTimersByTimeAsync(LIMITS.objectWaitMsMax);
    vi.useRealTimers();
    expect(await answered).toBe(true);
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

/** An isolate whose questions are answered by a shield in the order that a test chooses. */
function overtaken() {
  let nowMs = 1_000_000;
  let state = { epoch: 'before', kept: [] as readonly Tombstone[] };
  const asked: { use: NewsUse; reach: () => void; answer: () => void }[] = [];
  const news = (keys: readonly string[], use: NewsUse) => {
    const { promise, resolve } = Promise.withResolvers<ProjectNews>();
    let said: ProjectNews | null = null;
    const reach = () => {
      const { epoch, kept } = state;
      said = {
        epoch,
        added: kept.filter(({ key }) => !keys.includes(key)),
        ended: keys.filter((key) => !kept.some((one) => one.key === key)),
      };
    };
    asked.push({ use, reach, answer: () => said !== null && resolve(said) });
    return promise;
  };
  const { tombstonesOf, epochOf } = knownProjects({
    sourceOf: () => ({ news }),
    leases: new LeaseBook(
      () => nowMs,
      () => 'ask',
    ),
    nowMs: () => nowMs,
    unreachable: (error) => {
      throw error;
    },
  });
  return {
    asked,
    epochOf: () => epochOf(ONE),
    tombstonesOf: () => tombstonesOf(ONE, { kind: 'reserved' }),
    covers: async () => (await tombstonesOf(ONE, { kind: 'reserved' })).coverDistinctId('ada'),
    change: (...kept: Tombstone[]) => {
      state = { epoch: 'after', kept };
    },
    answer: (index: number) => {
      asked[index]?.reach();
      asked[index]?.answer();
    },
    reach: (index: number) => asked[index]?.reach(),
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

/** Lets what was answered arrive. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('Questions of an isolate that overtake each other', () => {
  test.each(['the later answer last', 'the later answer first'])(
    'An epoch is gone by only for as long as the shield waits for it, with %s',
    async (order) => {
      const { asked, epochOf, tombstonesOf, change, reach, pass } = overtaken();
      const shared = epochOf();
      pass(10);
      const shown = tombstonesOf();
      expect(asked.map(({ use }) => use)).toEqual(['answers', 'tombstones']);
      // The shield was told of nobody who shares answers when the project changed, so the change waited for nobody.
      reach(1);
      change();
      reach(0);
      for (const index of order === 'the later answer last' ? [0, 1] : [1, 0]) {
        asked[index]?.answer();
        await settled();
      }
      await Promise.all([shown, shared]);
      const later = epochOf();
      await settled();
      for (const { reach: arrive, answer } of asked.slice(2)) {
        arrive();
        answer();
      }
      expect(await later).toBe('after');
    },
  );

  test('What was asked earlier takes nothing from what was asked later, however late it is answered', async () => {
    const { asked, covers, change, answer, reach, pass } = overtaken();
    change(ADA);
    const first = covers();
    answer(0);
    expect(await first).toBe(true);
    pass(TERM_MS);
    const early = covers();
    change();
    reach(1);
    change(ADA);
    pass(10);
    const late = covers();
    answer(2);
    expect(await late).toBe(true);
    pass(TERM_MS);
    const next = covers();
    asked[1]?.answer();
    await early;
    answer(3);
    expect(await next).toBe(true);
  });
});
