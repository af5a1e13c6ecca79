/** `tenants`: the operator's records. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { agreed } from '../../input/ask.ts';
import { outJson } from '../../output/json.ts';
import { pagesOf } from '../../output/pages.ts';
import { shown } from '../../output/shown.ts';
import { table } from '../../output/table.ts';
import { openSessionOf, type Cli } from '../../session/session.ts';
import { addListRefusals } from './list-refusals.ts';
import { addSetTenant } from './set-tenant.ts';
import { ifMatch } from './revision.ts';
import { outTenant } from './show-tenant.ts';

export function addTenants(program: CommandUnknownOpts, cli: Cli): void {
  const tenants = program.command('tenants').description('register, change, suspend and remove tenants');
  tenants
    .command('list')
    .description('list the tenants, by name')
    .option('--removed', 'with those that were removed')
    .action(({ removed }) => listTenants(cli, removed === true));
  tenants
    .command('get')
    .description('show the record of a tenant')
    .argument('<tenant>')
    .action((tenant) => getTenant(cli, tenant));
  addSetTenant(tenants, cli);
  addListRefusals(tenants, cli);
  tenants
    .command('remove')
    .description('end all tokens of a tenant for good; its deletion log stays')
    .argument('<tenant>')
    .action((tenant) => removeTenant(cli, tenant));
  tenants
    .command('suspend')
    .description('refuse every request of a tenant, until it is resumed')
    .argument('<tenant>')
    .action((tenant) => suspendTenant(cli, tenant));
  tenants
    .command('resume')
    .description('end the suspension of a tenant')
    .argument('<tenant>')
    .action((tenant) => resumeTenant(cli, tenant));
}

async function listTenants(cli: Cli, withRemoved: boolean): Promise<void> {
  const { hedgerow } = openSessionOf(cli, 'admin');
  const { terminal, options } = cli;
  const rows = await pagesOf(async (page) => {
    const query = { ...page, removed: withRemoved };
    return (await hedgerow.GET('/admin/v1/tenants', { params: { query } })).data;
  });
  if (options().json === true) return outJson(terminal, rows);
  return terminal.out(
    table(
      rows,
      [
        { title: 'tenant', of: ({ tenant }) => tenant },
        { title: 'name', of: ({ name }) => name },
        { title: 'project', of: ({ project_id: project }) => project, align: 'right' },
        { title: 'state', of: ({ suspended, removed_at: at }) => stateOf(suspended, at) },
        { title: 'changed', of: ({ updated_at: at }) => at },
      ],
      terminal.style,
    ),
  );
}

function stateOf(suspended: boolean, removedAt: string | null): string {
  if (removedAt !== null) return `removed ${removedAt}`;
  return suspended ? 'suspended' : 'in force';
}

async function getTenant(cli: Cli, tenant: string): Promise<void> {
  const { hedgerow } = openSessionOf(cli, 'admin');
  const { data } = await hedgerow.GET('/admin/v1/tenants/{tenant}', { params: { path: { tenant } } });
  return outTenant(cli, data);
}

async function removeTenant(cli: Cli, tenant: string): Promise<void> {
  const { hedgerow } = openSessionOf(cli, 'admin');
  const params = { path: { tenant } };
  // A yes is said to the record as it is now.
  const { data, response } = await hedgerow.GET('/admin/v1/tenants/{tenant}', { params });
  await agreed(cli, `Remove the tenant ${tenant} (${data.name}), and end all its tokens for good?`);
  await hedgerow.DELETE('/admin/v1/tenants/{tenant}', { params: { ...params, ...ifMatch(response) } });
  const { terminal, options } = cli;
  if (options().json === true)
    return outJson(terminal, { tenant, registration: data.registration, removed: true });
  terminal.note(`Removed ${shown(tenant)}.`);
}

async function suspendTenant(cli: Cli, tenant: string): Promise<void> {
  const { hedgerow } = openSessionOf(cli, 'admin');
  await agreed(cli, `Refuse every request of ${tenant} from now on?`);
  const params = { path: { tenant } };
  const { data } = await hedgerow.POST('/admin/v1/tenants/{tenant}/suspend', { params });
  return outTenant(cli, data);
}

async function resumeTenant(cli: Cli, tenant: string): Promise<void> {
  const { hedgerow } = openSessionOf(cli, 'admin');
  const params = { path: { tenant } };
  const { data } = await hedgerow.POST('/admin/v1/tenants/{tenant}/resume', { params });
  return outTenant(cli, data);
}
