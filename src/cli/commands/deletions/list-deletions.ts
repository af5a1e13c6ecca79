/** `deletions list`: the log, of the tenant, of one tenant or of all. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { Option } from '@commander-js/extra-typings';
import type { operations } from '../../../client/index.ts';
import { CliError } from '../../cli-error.ts';
import { EXIT } from '../../exit-codes.ts';
import { countIn } from '../../input/durations.ts';
import { outJson } from '../../output/json.ts';
import { pagesOf, type PageQuery } from '../../output/pages.ts';
import { table } from '../../output/table.ts';
import { openSession, type Cli, type Session } from '../../session/session.ts';
import { tenantOption } from '../tenant-option.ts';

type Query = NonNullable<operations['list_deletions']['parameters']['query']>;

const STATES = [
  'resolving',
  'previewed',
  'held',
  'sending',
  'settling',
  'nobody',
  'done',
  'failed',
  'cancelled',
] as const satisfies readonly NonNullable<Query['state']>[];

interface ListOptions {
  readonly tenant?: string | undefined;
  readonly state?: Query['state'] | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly token?: string | undefined;
  readonly person?: string | undefined;
  readonly distinctId?: string | undefined;
  readonly order?: Query['order'] | undefined;
  readonly limit: string;
}

export function addListDeletions(group: CommandUnknownOpts, cli: Cli): void {
  group
    .command('list')
    .description('list the deletion log, the newest first')
    .addOption(tenantOption('of this tenant; of all where left out'))
    .addOption(new Option('--state <state>', 'in this state').choices(STATES))
    .option('--from <time>', 'asked for at this time or later, like 2026-01-15T12:00:00Z')
    .option('--to <time>', 'asked for before this time')
    .option('--token <id>', 'asked for by this token, or by one derived from it')
    .option('--person <uuid>', 'that name this person')
    .option('--distinct-id <id>', 'that name this distinct id')
    .addOption(new Option('--order <order>', 'which come first').choices(['newest', 'oldest'] as const))
    .option('--limit <number>', 'how many at most', '100')
    .action((options) => listDeletions(cli, options));
}

async function listDeletions(cli: Cli, options: ListOptions): Promise<void> {
  const limit = countIn(options.limit, '--limit');
  const page = pageFor(openSession(cli), options.tenant, queryOf(options));
  const rows = await pagesOf(page, limit);
  const { terminal } = cli;
  if (cli.options().json === true) return outJson(terminal, rows);
  return terminal.out(
    table(
      rows,
      [
        { title: 'deletion', of: ({ id }) => id },
        { title: 'tenant', of: ({ tenant }) => tenant },
        { title: 'state', of: ({ state, reason }) => (reason === null ? state : `${state} (${reason})`) },
        { title: 'asked', of: ({ asked }) => asked, align: 'right' },
        { title: 'sent', of: ({ sent }) => sent, align: 'right' },
        { title: 'asked for at', of: ({ intended_at: at }) => at },
        { title: 'token', of: ({ token, token_name: name }) => name ?? token },
        { title: 'actor', of: ({ actor }) => actor },
      ],
      terminal.style,
    ),
  );
}

const queryOf = ({ state, from, to, token, person, distinctId, order }: ListOptions): Query => ({
  ...(state === undefined ? {} : { state }),
  ...(from === undefined ? {} : { from }),
  ...(to === undefined ? {} : { to }),
  ...(token === undefined ? {} : { token }),
  ...(person === undefined ? {} : { person }),
  ...(distinctId === undefined ? {} : { distinct_id: distinctId }),
  ...(order === undefined ? {} : { order }),
});

function pageFor({ hedgerow, plane }: Session, tenant: string | undefined, found: Query) {
  if (plane === 'tenant') {
    if (tenant !== undefined)
      throw new CliError(EXIT.usage, "A tenant's token is of one tenant: leave --tenant out.");
    return async (page: PageQuery) =>
      (await hedgerow.GET('/v1/deletions', { params: { query: { ...found, ...page } } })).data;
  }
  if (tenant === undefined) {
    return async (page: PageQuery) =>
      (await hedgerow.GET('/admin/v1/deletions', { params: { query: { ...found, ...page } } })).data;
  }
  const path = { tenant };
  return async (page: PageQuery) =>
    (
      await hedgerow.GET('/admin/v1/tenants/{tenant}/deletions', {
        params: { path, query: { ...found, ...page } },
      })
    ).data;
}
