/** `usage`: what tokens did, by the hour or the day. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { Option } from '@commander-js/extra-typings';
import type { components, operations } from '../../client/index.ts';
import { outJson } from '../output/json.ts';
import { pagesOf } from '../output/pages.ts';
import { table } from '../output/table.ts';
import { openSession, tenantMeant, type Cli } from '../session/session.ts';
import { tenantOption } from './tenant-option.ts';

type Query = NonNullable<operations['list_usage']['parameters']['query']>;

interface UsageOptions {
  readonly tenant?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly by?: Query['by'] | undefined;
  readonly token?: string | undefined;
}

export function addUsage(program: CommandUnknownOpts, cli: Cli): void {
  program
    .command('usage')
    .description('show what tokens did; the last 24 hours where nothing is said')
    .addOption(tenantOption('whose tokens'))
    .option('--from <time>', 'a day like 2026-01-15, or a time like 2026-01-15T12:00:00Z')
    .option('--to <time>', 'before this day or time')
    .addOption(new Option('--by <period>', 'a row for each').choices(['hour', 'day'] as const))
    .option('--token <id>', 'of this token only')
    .action((options) => usage(cli, options));
}

async function usage(cli: Cli, { tenant: named, from, to, by, token }: UsageOptions): Promise<void> {
  const session = openSession(cli);
  const tenant = tenantMeant(session, named);
  const found: Query = {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(by === undefined ? {} : { by }),
    ...(token === undefined ? {} : { token }),
  };
  const rows = await pagesOf(async (page) => {
    const query = { ...found, ...page };
    const { hedgerow } = session;
    return tenant === null
      ? (await hedgerow.GET('/v1/usage', { params: { query } })).data
      : (await hedgerow.GET('/admin/v1/tenants/{tenant}/usage', { params: { path: { tenant }, query } }))
          .data;
  });
  const { terminal, options } = cli;
  if (options().json === true) return outJson(terminal, rows);
  return terminal.out(
    table(
      rows,
      [
        { title: 'from', of: (row) => row.starts_at },
        { title: 'token', of: (row) => row.name ?? row.token },
        { title: 'admitted', of: (row) => row.admitted, align: 'right' },
        { title: 'refused', of: (row) => row.refused, align: 'right' },
        { title: 'calls to PostHog', of: (row) => row.upstream_calls, align: 'right' },
        { title: 'remembered', of: (row) => row.remembered_answers, align: 'right' },
        { title: 'persons deleted', of: (row) => row.persons_deleted, align: 'right' },
        { title: 'refused because', of: refusalsText },
      ],
      terminal.style,
    ),
  );
}

/** The most frequent first. */
const refusalsText = ({ refused_by_code: codes }: components['schemas']['Usage']): string =>
  Object.entries(codes)
    .toSorted(([, a], [, b]) => b - a)
    .map(([code, count]) => `${code} ${count}`)
    .join(', ');
