/** `deletions`: the log, and what is deleted by way of it. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { CliError } from '../../cli-error.ts';
import { EXIT } from '../../exit-codes.ts';
import { openSession, openSessionOf, tenantMeant, type Cli } from '../../session/session.ts';
import { tenantOption } from '../tenant-option.ts';
import { addCreateDeletion } from './create-deletion.ts';
import { addDecisions } from './decide.ts';
import { followToEnd } from './follow.ts';
import { outIds } from './ids.ts';
import { addListDeletions } from './list-deletions.ts';
import { awaitPreview, checkDigest, confirmDigest, confirmPreview } from './preview.ts';
import { outDeletion } from './show-deletion.ts';

export function addDeletions(program: CommandUnknownOpts, cli: Cli): void {
  const group = program.command('deletions').description('delete persons, follow it, decide about it');
  addListDeletions(group, cli);
  group
    .command('get')
    .description('show a deletion')
    .argument('<id>')
    .addOption(tenantOption('whose deletion'))
    .option('--ids', 'its ids instead, one a line')
    .action((id, { tenant, ids }) => getDeletion(cli, id, tenant, ids === true));
  addCreateDeletion(group, cli);
  group
    .command('confirm')
    .description('carry out what was previewed')
    .argument('<id>')
    .option('--digest <digest>', 'of the preview that was shown: of another one nothing is done')
    .option('--no-follow', 'do not wait for its end')
    .option('--wait', 'wait also while it is held')
    .action((id, options) => confirm(cli, id, options));
  group
    .command('follow')
    .description('show how far a deletion is, until it ends')
    .argument('<id>')
    .addOption(tenantOption('whose deletion'))
    .option('--wait', 'wait also while it is held')
    .action((id, { tenant, wait }) => follow(cli, id, tenant, wait === true));
  addDecisions(group, cli);
}

async function getDeletion(
  cli: Cli,
  id: string,
  named: string | undefined,
  wantsIds: boolean,
): Promise<void> {
  const session = openSession(cli);
  const tenant = tenantMeant(session, named);
  if (wantsIds) return outIds(cli, session, id, tenant);
  const { hedgerow } = session;
  const { data } =
    tenant === null
      ? await hedgerow.GET('/v1/deletions/{id}', { params: { path: { id } } })
      : await hedgerow.GET('/admin/v1/tenants/{tenant}/deletions/{id}', { params: { path: { tenant, id } } });
  return outDeletion(cli, data);
}

async function follow(cli: Cli, id: string, named: string | undefined, whileHeld: boolean): Promise<void> {
  const session = openSession(cli);
  return followToEnd(cli, session, { id, tenant: tenantMeant(session, named), whileHeld });
}

interface ConfirmOptions {
  readonly digest?: string | undefined;
  readonly follow: boolean;
  readonly wait?: true | undefined;
}

async function confirm(
  cli: Cli,
  id: string,
  { digest, follow: follows, wait }: ConfirmOptions,
): Promise<void> {
  const session = openSessionOf(cli, 'tenant');
  const preview = await awaitPreview(cli, session, id);
  if (preview === null) {
    if (digest === undefined)
      throw new CliError(EXIT.refused, 'The deletion is not previewed any more.', [
        `See how it stands: hedgerow deletions follow ${id}`,
      ]);
    // It may have been confirmed before an interruption. The same digest is the same confirmation; else it is refused.
    await confirmDigest(session, id, digest);
  } else {
    checkDigest(preview, digest);
    await confirmPreview(cli, session, id, preview);
  }
  if (follows) return followToEnd(cli, session, { id, tenant: null, whileHeld: wait === true });
  return getDeletion(cli, id, undefined, false);
}
