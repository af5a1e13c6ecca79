/** `upstream`: how PostHog's limits stand, and which tenant has how much of them. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { countIn } from '../input/durations.ts';
import { outJson } from '../output/json.ts';
import { table } from '../output/table.ts';
import { openSessionOf, type Cli } from '../session/session.ts';

export function addUpstream(program: CommandUnknownOpts, cli: Cli): void {
  program
    .command('upstream')
    .description("show how PostHog's limits stand, who has which share, and who waits")
    .option('--project <number>', 'of this project; of those of all tenants where left out')
    .action(({ project }) => upstream(cli, project));
}

async function upstream(cli: Cli, project: string | undefined): Promise<void> {
  const { hedgerow } = openSessionOf(cli, 'admin');
  const query = project === undefined ? {} : { project_id: countIn(project, '--project') };
  const { data } = await hedgerow.GET('/admin/v1/upstream', { params: { query } });
  const { terminal, options } = cli;
  if (options().json === true) return outJson(terminal, data);
  const quotas = data.projects.flatMap(({ project_id: id, quotas: of }) =>
    of.map((quota) => ({ id, quota })),
  );
  await terminal.out(
    table(
      quotas,
      [
        { title: 'project', of: ({ id }) => id, align: 'right' },
        { title: 'of', of: ({ quota }) => quota.kind },
        { title: 'a minute', of: ({ quota }) => quota.learned_per_minute, align: 'right' },
        { title: 'used', of: ({ quota }) => quota.used, align: 'right' },
        { title: 'for deletes', of: ({ quota }) => quota.reserved_per_minute, align: 'right' },
        { title: 'of that used', of: ({ quota }) => quota.reserved_used, align: 'right' },
        {
          title: 'paused',
          of: ({ quota }) => (quota.paused_seconds === 0 ? 'no' : `${quota.paused_seconds} s`),
        },
      ],
      terminal.style,
    ),
  );
  const shares = quotas.flatMap(({ id, quota }) => quota.tenants.map((share) => ({ id, quota, share })));
  if (shares.length > 0) {
    const rows = table(
      shares,
      [
        { title: 'project', of: ({ id }) => id, align: 'right' },
        { title: 'of', of: ({ quota }) => quota.kind },
        { title: 'tenant', of: ({ share }) => share.tenant },
        { title: 'weight', of: ({ share }) => share.weight, align: 'right' },
        { title: 'share a minute', of: ({ share }) => share.share_per_minute, align: 'right' },
        { title: 'used', of: ({ share }) => share.used, align: 'right' },
        { title: 'waiting', of: ({ share }) => share.waiting, align: 'right' },
      ],
      terminal.style,
    );
    await terminal.out(`\n${rows}`);
  }
  if (data.projects_left_out.length > 0)
    terminal.note(
      `Left out, as there are too many: ${data.projects_left_out.join(', ')}. Name one with --project.`,
    );
}
