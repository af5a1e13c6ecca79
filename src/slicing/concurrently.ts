import { ok, type Result } from '../core/result.ts';

/** Look-ups under way at once: the platform allows six connections that wait for an answer. */
export const LOOKUPS_AT_ONCE = 5;

/** Asks for every item, a few at a time, and answers in the order of the items. The first failure is the failure of all. */
export async function concurrently<T, R>(
  items: readonly T[],
  ask: (item: T) => Promise<Result<R>>,
): Promise<Result<R[]>> {
  const answers: R[] = [];
  const waiting = items.entries();
  let failed: Extract<Result<R>, { ok: false }> | null = null;
  const work = async (): Promise<void> => {
    for (const [at, item] of waiting) {
      if (failed !== null) return;
      const answer = await ask(item);
      if (answer.ok) answers[at] = answer.value;
      else failed ??= answer;
    }
  };
  await Promise.all(Array.from({ length: LOOKUPS_AT_ONCE }, work));
  return failed ?? ok(answers);
}
