/** The ids of a deletion, one a line, or as a list of JSON, a page at a time. */
import { CliError } from '../../cli-error.ts';
import { EXIT } from '../../exit-codes.ts';
import { shownJson } from '../../output/shown.ts';
import { outAsIs } from '../../output/terminal.ts';
import type { Cli, Session } from '../../session/session.ts';

const LINE_BREAK = /[\r\n]/;

export async function outIds(cli: Cli, session: Session, id: string, tenant: string | null): Promise<void> {
  const { terminal, options } = cli;
  if (options().json !== true) {
    for await (const ids of idsOf(session, id, tenant)) await outAsIs(terminal, linesOf(ids));
    return;
  }
  let before = '[\n';
  for await (const ids of idsOf(session, id, tenant)) {
    const texts = ids.map((one) => `  ${JSON.stringify(one)}`);
    if (texts.length === 0) continue;
    await terminal.out(before + shownJson(texts.join(',\n')));
    before = ',\n';
  }
  await terminal.out(before === ',\n' ? '\n]\n' : '[]\n');
}

async function* idsOf(
  { hedgerow }: Session,
  id: string,
  tenant: string | null,
): AsyncGenerator<readonly string[], void, undefined> {
  let cursor: number | null = 0;
  while (cursor !== null) {
    const query: { readonly cursor: number } = { cursor };
    const { data } =
      tenant === null
        ? await hedgerow.GET('/v1/deletions/{id}/ids', { params: { path: { id }, query } })
        : await hedgerow.GET('/admin/v1/tenants/{tenant}/deletions/{id}/ids', {
            params: { path: { tenant, id }, query },
          });
    yield data.results;
    const next: string | null = data.next === null ? null : new URL(data.next).searchParams.get('cursor');
    cursor = next === null ? null : Number(next);
  }
}

/** A distinct id with a line break in it would be read as two ids, of which one may be another person's. */
function linesOf(ids: readonly string[]): string {
  if (ids.some((one) => LINE_BREAK.test(one)))
    throw new CliError(EXIT.refused, 'One of the ids has a line break in it: give --json.');
  return ids.map((one) => `${one}\n`).join('');
}
