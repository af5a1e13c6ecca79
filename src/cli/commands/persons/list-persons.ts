/** `persons list`: the first of them, as a table. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { countIn } from '../../input/durations.ts';
import { isMembers } from '../../input/files.ts';
import { shownJson } from '../../output/shown.ts';
import { table } from '../../output/table.ts';
import { openSessionOf, type Cli } from '../../session/session.ts';
import { writtenPages } from './pages.ts';
import { projectOf } from './project.ts';
import { queryOf, type Selection } from './selection.ts';

interface ListOptions extends Selection {
  readonly project?: string | undefined;
  readonly limit: string;
}

const PAGE_MAX = 1000;

export function addListPersons(persons: CommandUnknownOpts, cli: Cli): void {
  persons
    .command('list')
    .description('list persons')
    .option('--project <number>', "the token's own where left out")
    .option('--search <text>', 'part of a name, an e-mail address or a distinct id')
    .option('--email <address>', 'exactly')
    .option('--distinct-id <id>', 'exactly')
    .option('--properties <filters>', "a list of PostHog's property filters, as JSON")
    .option('--limit <number>', 'how many at most', '100')
    .action((options) => listPersons(cli, options));
}

async function listPersons(cli: Cli, options: ListOptions): Promise<void> {
  const limit = countIn(options.limit, '--limit');
  const session = openSessionOf(cli, 'tenant');
  const query = queryOf(options);
  query.set('limit', String(Math.min(limit, PAGE_MAX)));
  const rows: string[] = [];
  for await (const page of writtenPages(session, await projectOf(session, options.project), query)) {
    rows.push(...page.rows.slice(0, limit - rows.length));
    if (rows.length >= limit) break;
  }
  const { terminal } = cli;
  if (cli.options().json === true) return terminal.out(shownJson(`[${rows.join(',\n')}]\n`));
  return terminal.out(
    table(
      rows.map(personIn),
      [
        { title: 'uuid', of: ({ uuid }) => text(uuid) },
        { title: 'name', of: ({ name }) => text(name) },
        { title: 'created', of: ({ created_at: at }) => text(at) },
        { title: 'distinct ids', of: ({ distinct_ids: ids }) => idsText(ids) },
      ],
      terminal.style,
    ),
  );
}

const personIn = (row: string): Readonly<Record<string, unknown>> => {
  const value: unknown = JSON.parse(row);
  return isMembers(value) ? value : {};
};

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const IDS_SHOWN = 3;

function idsText(ids: unknown): string {
  if (!Array.isArray(ids)) return '';
  const first = ids.slice(0, IDS_SHOWN).map(String).join(', ');
  return ids.length > IDS_SHOWN ? `${first} and ${ids.length - IDS_SHOWN} more` : first;
}
