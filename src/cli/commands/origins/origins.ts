/** `origins`: web pages that a tenant lets use its tokens, by itself. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { secondsIn } from '../../input/durations.ts';
import { outJson } from '../../output/json.ts';
import { pagesOf } from '../../output/pages.ts';
import { table } from '../../output/table.ts';
import { openSession, openSessionOf, tenantMeant, type Cli } from '../../session/session.ts';
import { tenantOption } from '../tenant-option.ts';
import { listText } from '../words.ts';
import { changeOrigins } from './change-origins.ts';
import { outOrigins } from './show-origins.ts';

const ORIGINS = '<origins...>';
const LIKE = 'like https://preview-7.acme.example';

export function addOrigins(program: CommandUnknownOpts, cli: Cli): void {
  const origins = program.command('origins').description('web origins that a tenant adds itself');
  origins
    .command('list')
    .description('show them, and what the tenant may add')
    .option('--tenant <tenant>', 'whose origins, with an admin token')
    .action(({ tenant }) => list(cli, tenant));
  origins
    .command('add')
    .description('let pages of these origins use the tokens that list none')
    .argument(ORIGINS, `${LIKE}, or patterns within those that the operator allows`)
    .action((added) =>
      changeOrigins(cli, (before) => [...before, ...added.filter((one) => !before.includes(one))]),
    );
  origins
    .command('remove')
    .description('take them away again')
    .argument(ORIGINS, LIKE)
    .action((removed) => changeOrigins(cli, (before) => before.filter((one) => !removed.includes(one))));
  origins
    .command('develop')
    .description('let pages on localhost use the tokens for a while')
    .option('--for <time>', 'like 30m, 8h or 7d', '8h')
    .option('--off', 'end it now')
    .action(({ for: time, off }) => develop(cli, time, off === true));
  origins
    .command('changes')
    .description('list who changed them, with an admin token')
    .addOption(tenantOption('whose origins').makeOptionMandatory())
    .action(({ tenant }) => changes(cli, tenant));
}

async function list(cli: Cli, named: string | undefined): Promise<void> {
  const session = openSession(cli);
  const tenant = tenantMeant(session, named);
  const { data } =
    tenant === null
      ? await session.hedgerow.GET('/v1/origins')
      : await session.hedgerow.GET('/admin/v1/tenants/{tenant}/origins', { params: { path: { tenant } } });
  return outOrigins(cli, data);
}

async function develop(cli: Cli, time: string, off: boolean): Promise<void> {
  const { hedgerow } = openSessionOf(cli, 'tenant');
  const { data } = off
    ? await hedgerow.DELETE('/v1/origins/development')
    : await hedgerow.PUT('/v1/origins/development', { body: { seconds: secondsIn(time) } });
  return outOrigins(cli, data);
}

async function changes(cli: Cli, tenant: string): Promise<void> {
  const { hedgerow } = openSessionOf(cli, 'admin');
  const rows = await pagesOf(async (query) => {
    const params = { path: { tenant }, query };
    return (await hedgerow.GET('/admin/v1/tenants/{tenant}/origins/changes', { params })).data;
  });
  const { terminal, options } = cli;
  if (options().json === true) return outJson(terminal, rows);
  return terminal.out(
    table(
      rows,
      [
        { title: 'at', of: ({ at }) => at },
        { title: 'token', of: ({ token, token_name: name }) => name ?? token },
        { title: 'actor', of: ({ actor }) => actor },
        { title: 'minted by', of: ({ minted_by: operator }) => operator },
        { title: 'added', of: ({ added }) => listText(added) },
        { title: 'removed', of: ({ removed }) => listText(removed) },
        { title: 'development until', of: ({ development_until: until }) => until },
      ],
      terminal.style,
    ),
  );
}
