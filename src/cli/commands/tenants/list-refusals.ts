/** `tenants refusals`: the requests of a tenant that were refused last. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { components } from '../../../client/index.ts';
import { outJson } from '../../output/json.ts';
import { table } from '../../output/table.ts';
import { openSessionOf, type Cli } from '../../session/session.ts';

type Refused = components['schemas']['RefusedRequest'];

export function addListRefusals(tenants: CommandUnknownOpts, cli: Cli): void {
  tenants
    .command('refusals')
    .description('list the requests of a tenant that were refused last, and why')
    .argument('<tenant>')
    .action((tenant) => listRefusals(cli, tenant));
}

async function listRefusals(cli: Cli, tenant: string): Promise<void> {
  const { hedgerow } = openSessionOf(cli, 'admin');
  const { terminal, options } = cli;
  const { data } = await hedgerow.GET('/admin/v1/tenants/{tenant}/refusals', {
    params: { path: { tenant } },
  });
  if (options().json === true) return outJson(terminal, data.results);
  return terminal.out(
    table(
      data.results,
      [
        { title: 'refused', of: (row) => row.refused_at },
        { title: 'token', of: (row) => row.token_name ?? row.token },
        { title: 'request', of: (row) => `${row.method} ${row.route}` },
        { title: 'code', of: (row) => row.code },
        { title: 'because', of: reasonText },
        { title: 'request id', of: (row) => row.request_id },
      ],
      terminal.style,
    ),
  );
}

/** What the code does not say. */
const reasonText = ({ attr, missing_scopes: scopes, origin, limit }: Refused): string =>
  [
    ...(attr === null ? [] : [attr]),
    ...(scopes === null ? [] : [`lacks ${scopes.join(', ')}`]),
    ...(origin === null ? [] : [origin]),
    ...(limit === null ? [] : [`limit of ${limit}`]),
  ].join('; ');
