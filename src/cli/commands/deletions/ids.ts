/** The ids of a deletion, one a line, a page at a time. */
import { outAsIs } from '../../output/terminal.ts';
import type { Cli, Session } from '../../session/session.ts';

export async function outIds(
  cli: Cli,
  { hedgerow }: Session,
  id: string,
  tenant: string | null,
): Promise<void> {
  let cursor: number | null = 0;
  while (cursor !== null) {
    const query: { readonly cursor: number } = { cursor };
    const { data } =
      tenant === null
        ? await hedgerow.GET('/v1/deletions/{id}/ids', { params: { path: { id }, query } })
        : await hedgerow.GET('/admin/v1/tenants/{tenant}/deletions/{id}/ids', {
            params: { path: { tenant, id }, query },
          });
    await outAsIs(cli.terminal, data.results.map((one) => `${one}\n`).join(''));
    const next: string | null = data.next === null ? null : new URL(data.next).searchParams.get('cursor');
    cursor = next === null ? null : Number(next);
  }
}
