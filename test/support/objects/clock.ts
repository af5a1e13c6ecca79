/** The clock of an object: it stands still, and tests move it. */
import { test, vi } from 'vitest';

/** Sets the time that objects read. */
export const setTime = (ms: number) => vi.spyOn(Date, 'now').mockReturnValue(ms);

/** Tests that begin at this time, and end with every mock restored. */
export const testAt = (ms: number) =>
  test.extend<{ clock: void }>({
    clock: [
      // oxlint-disable-next-line no-empty-pattern -- Vitest reads from the pattern which fixtures are needed.
      async ({}, use) => {
        setTime(ms);
        await use();
        vi.restoreAllMocks();
      },
      { auto: true },
    ],
  });
