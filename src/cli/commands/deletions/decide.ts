/** Decisions about a deletion: approve, reject, cancel, abandon. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { agreed } from '../../input/ask.ts';
import { openSession, openSessionOf, tenantMeant, type Cli } from '../../session/session.ts';
import { tenantOption } from '../tenant-option.ts';
import { outDeletion } from './show-deletion.ts';

interface DecisionOptions {
  readonly tenant: string;
  readonly reason?: string | undefined;
}

const reasonOf = ({ reason }: { readonly reason?: string | undefined }) =>
  reason === undefined ? {} : { reason };

export function addDecisions(group: CommandUnknownOpts, cli: Cli): void {
  group
    .command('approve')
    .description('let a deletion go that waits for an approval')
    .argument('<id>')
    .addOption(tenantOption('whose deletion').makeOptionMandatory())
    .option('--reason <text>', 'kept in the log')
    .action((id, options) => approve(cli, id, options));
  group
    .command('reject')
    .description('end a deletion that waits for an approval')
    .argument('<id>')
    .addOption(tenantOption('whose deletion').makeOptionMandatory())
    .requiredOption('--reason <text>', 'kept in the log')
    .action((id, options) => reject(cli, id, options));
  group
    .command('cancel')
    .description('end a deletion of which nothing was sent yet')
    .argument('<id>')
    .addOption(tenantOption('whose deletion'))
    .option('--reason <text>', 'kept in the log')
    .action((id, options) => cancel(cli, id, options));
  group
    .command('abandon')
    .description('give up a deletion whose end PostHog does not tell')
    .argument('<id>')
    .addOption(tenantOption('whose deletion').makeOptionMandatory())
    .requiredOption('--reason <text>', 'kept in the log')
    .action((id, options) => abandon(cli, id, options));
}

async function approve(cli: Cli, id: string, options: DecisionOptions): Promise<void> {
  const { hedgerow } = openSessionOf(cli, 'admin');
  const { tenant } = options;
  const params = { path: { tenant, id } };
  const { data } = await hedgerow.GET('/admin/v1/tenants/{tenant}/deletions/{id}', { params });
  await agreed(
    cli,
    `Let ${tenant} delete ${data.asked.toLocaleString('en')} persons? This cannot be undone.`,
  );
  const body = reasonOf(options);
  const decided = await hedgerow.POST('/admin/v1/tenants/{tenant}/deletions/{id}/approve', { params, body });
  return outDeletion(cli, decided.data);
}

async function reject(
  cli: Cli,
  id: string,
  { tenant, reason }: DecisionOptions & { readonly reason: string },
): Promise<void> {
  const { hedgerow } = openSessionOf(cli, 'admin');
  await agreed(cli, `End the deletion ${id} of ${tenant} for good?`);
  const { data } = await hedgerow.POST('/admin/v1/tenants/{tenant}/deletions/{id}/reject', {
    params: { path: { tenant, id } },
    body: { reason },
  });
  return outDeletion(cli, data);
}

async function abandon(
  cli: Cli,
  id: string,
  { tenant, reason }: DecisionOptions & { readonly reason: string },
): Promise<void> {
  const { hedgerow } = openSessionOf(cli, 'admin');
  await agreed(
    cli,
    `Give up the deletion ${id} of ${tenant}, though what was sent of it may have been done?`,
  );
  const { data } = await hedgerow.POST('/admin/v1/tenants/{tenant}/deletions/{id}/abandon', {
    params: { path: { tenant, id } },
    body: { reason },
  });
  return outDeletion(cli, data);
}

async function cancel(
  cli: Cli,
  id: string,
  options: { readonly tenant?: string | undefined; readonly reason?: string | undefined },
): Promise<void> {
  const session = openSession(cli);
  const tenant = tenantMeant(session, options.tenant);
  await agreed(cli, `End the deletion ${id} for good?`);
  const body = reasonOf(options);
  const { hedgerow } = session;
  const { data } =
    tenant === null
      ? await hedgerow.POST('/v1/deletions/{id}/cancel', { params: { path: { id } }, body })
      : await hedgerow.POST('/admin/v1/tenants/{tenant}/deletions/{id}/cancel', {
          params: { path: { tenant, id } },
          body,
        });
  return outDeletion(cli, data);
}
