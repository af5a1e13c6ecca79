/** Whole gateways that serve large pages: to a grant of the project, of a slice, and of a slice with hidden properties. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { gatewaySetup, mintToken, type Bundle } from './gateway.ts';
import type { Target } from './measure.ts';
import { pageOf, startPagesUpstream } from './pages-upstream.ts';
import { PATH } from './page.ts';
import { bareSetup } from './peers.ts';
import type { Inspected } from './profile.ts';
import { BASE } from './report.ts';
import { startInspected, startWorkerd } from './workerd.ts';

/** Persons of a page. The larger one is about 2 MB. */
export const PAGE_SIZES = [100, 1000] as const;

/** What a grant sees of a page, as members of its tenant's record. */
const GRANTS = {
  whole: {},
  sliced: { slice: { property: 'tenant_id', value: 'acme' } },
  redacted: {
    slice: { property: 'tenant_id', value: 'acme' },
    properties: { hidden: ['email', 'ssn'] },
  },
} as const;

export type PageKind = keyof typeof GRANTS;

export const PAGE_KINDS = ['whole', 'sliced', 'redacted'] as const satisfies readonly PageKind[];

export const bytesOf = (rows: number): number => pageOf(rows).length;

const pathOf = (rows: number): string => `${PATH}?limit=${rows}`;

/** A page's targets in the order of their columns, and what ends the server behind them. */
export interface PageTargets {
  readonly at: (rows: number) => Target[];
  readonly close: () => void;
}

/** Starts a bare Worker, and the first of the bundles with a tenant for each kind. */
export async function startPageTargets(
  folder: string,
  { name, code }: Bundle,
  key: string,
): Promise<PageTargets> {
  const upstream = await startPagesUpstream();
  const postHog = { origin: upstream.origin, key };
  const bare = await startWorkerd(mkdtempSync(join(folder, 'pages-')), bareSetup(postHog));
  const gateway = await startWorkerd(mkdtempSync(join(folder, 'pages-')), gatewaySetup(code, postHog));
  const tokens = new Map<PageKind, string>();
  for (const kind of PAGE_KINDS) tokens.set(kind, await mintToken(gateway.origin, kind, GRANTS[kind]));
  const token = tokens.get('whole') ?? '';
  const common = { cacheControl: 'no-cache' as const };
  return {
    at: (rows) => [
      { name: BASE, token, path: pathOf(rows), ...common, ...bare },
      ...PAGE_KINDS.map((kind): Target => {
        const own = { name: `${name}, ${kind}`, token: tokens.get(kind) ?? token, path: pathOf(rows) };
        return Object.assign(own, common, gateway);
      }),
    ],
    close: () => upstream.close(),
  };
}

/** One gateway that serves the largest pages of this kind, with an inspector. */
export async function startInspectedPages(
  folder: string,
  { name, code }: Bundle,
  key: string,
  kind: PageKind,
): Promise<Inspected> {
  const upstream = await startPagesUpstream();
  const setup = gatewaySetup(code, { origin: upstream.origin, key });
  const served = await startInspected(mkdtempSync(join(folder, 'profile-')), setup);
  const rows = Math.max(...PAGE_SIZES);
  const token = await mintToken(served.origin, kind, GRANTS[kind]);
  const target: Target = { name, token, path: pathOf(rows), cacheControl: 'no-cache', ...served };
  return { target, rows, inspector: served.inspector, close: () => upstream.close() };
}
