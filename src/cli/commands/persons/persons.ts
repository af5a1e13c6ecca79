/** `persons`: those of the token's project and slice. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { CliError } from '../../cli-error.ts';
import { EXIT } from '../../exit-codes.ts';
import { openSessionOf, type Cli } from '../../session/session.ts';
import { outWrittenJson } from '../../output/json.ts';
import { facts } from '../../output/table.ts';
import { addExportPersons } from './export-persons.ts';
import { addListPersons } from './list-persons.ts';
import { projectOf } from './project.ts';
import { membersOfAnswer, writtenMembers } from './written-json.ts';

export function addPersons(program: CommandUnknownOpts, cli: Cli): void {
  const persons = program.command('persons').description('list, get and export persons');
  addListPersons(persons, cli);
  persons
    .command('get')
    .description('show a person')
    .argument('<id>', 'UUID, or the number that PostHog has')
    .option('--project <number>', "the token's own where left out")
    .action((id, { project }) => getPerson(cli, id, project));
  addExportPersons(persons, cli);
}

/** A UUID, or a number: what may be one is for the gateway to judge. */
const MAY_BE_ID = /^[0-9a-f-]+$/i;

async function getPerson(cli: Cli, id: string, project: string | undefined): Promise<void> {
  const session = openSessionOf(cli, 'tenant');
  if (!MAY_BE_ID.test(id))
    throw new CliError(EXIT.usage, 'A person is named by its UUID or number.', [
      `For a distinct id: \`hedgerow persons list --distinct-id ${id}\`.`,
    ]);
  const path =
    `/api/projects/${await projectOf(session, project)}/persons/${encodeURIComponent(id)}/` as const;
  const text = await (await session.hedgerow.fetch(path)).text();
  const members = membersOfAnswer(text);
  const { terminal, options } = cli;
  if (options().json === true) return outWrittenJson(terminal, text);
  const properties = writtenMembers(members.get('properties') ?? '{}');
  return terminal.out(
    facts(
      [
        ...[...members].filter(([name]) => name !== 'properties'),
        ...[...properties].map(([name, value]) => [`properties.${name}`, value] as const),
      ].map(([name, value]) => [name, unquoted(value)] as const),
      terminal.style,
    ),
  );
}

/** Text as it is, everything else as JSON. */
function unquoted(written: string): string {
  const value: unknown = written.startsWith('"') ? JSON.parse(written) : null;
  return typeof value === 'string' ? value : written;
}
