/** Looks for what keeps people from using a page, by the rules of axe. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** Violations of a page as it stands, in a line each. None is what a test expects. */
export async function violationsOf(page: Page): Promise<readonly string[]> {
  // Evaluated past the page's own policy, which stays in force for the page.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<{ violations: readonly Violation[] }>('axe.run(document)');
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary = '' }) => `${id}: ${html} ${failureSummary}`),
  );
}
