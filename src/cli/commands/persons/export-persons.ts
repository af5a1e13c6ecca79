/** `persons export`: all of them, streamed page by page, with the progress on stderr. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { Option } from '@commander-js/extra-typings';
import { openExport, type Sink } from '../../output/export-file.ts';
import { outJson } from '../../output/json.ts';
import { startCounter } from '../../output/progress.ts';
import { openSessionOf, type Cli, type Session } from '../../session/session.ts';
import { CsvCutter } from './csv-cutter.ts';
import { csvPages, writtenPages } from './pages.ts';
import { projectOf } from './project.ts';
import { queryOf, type Selection } from './selection.ts';
import { inOneLine } from './written-json.ts';

interface ExportOptions extends Selection {
  readonly project?: string | undefined;
  readonly format: 'csv' | 'jsonl';
  readonly output?: string | undefined;
  readonly columns?: string | undefined;
}

const PAGE_ROWS = '1000';

export function addExportPersons(persons: CommandUnknownOpts, cli: Cli): void {
  persons
    .command('export')
    .description('write all persons as CSV or JSONL, to stdout or to a file')
    .option('--project <number>', "the token's own where left out")
    .option('--search <text>', 'part of a name, an e-mail address or a distinct id')
    .option('--email <address>', 'exactly')
    .option('--distinct-id <id>', 'exactly')
    .option('--properties <filters>', "a list of PostHog's property filters, as JSON")
    .addOption(
      new Option('--format <format>', 'form of the rows')
        .choices(['csv', 'jsonl'] as const)
        .default('jsonl' as const),
    )
    .option('--columns <names>', 'CSV: properties with a column of their own, separated by commas')
    .option('-o, --output <path>', 'a file, which appears once it is complete')
    .action((options) => exportPersons(cli, options));
}

async function exportPersons(cli: Cli, options: ExportOptions): Promise<void> {
  const session = openSessionOf(cli, 'tenant');
  const project = await projectOf(session, options.project);
  const query = queryOf(options);
  query.set('limit', PAGE_ROWS);
  const sink = await openExport(cli, options.output);
  const counter = startCounter(cli.terminal, 'persons');
  try {
    if (options.format === 'csv') {
      query.set('format', 'csv');
      if (options.columns !== undefined)
        query.set('columns', JSON.stringify(options.columns.split(',').map((name) => name.trim())));
      await writeCsv(session, project, query, sink, counter.add);
    } else {
      for await (const { rows } of writtenPages(session, project, query)) {
        await sink.write(rows.map((row) => `${inOneLine(row)}\n`).join(''));
        counter.add(rows.length);
      }
    }
    await sink.keep();
  } catch (error) {
    await sink.discard();
    counter.end('The export is not complete.');
    throw error;
  }
  const { output: file, format } = options;
  const persons = counter.end(file === undefined ? 'Done.' : `Done: ${file}`);
  // On stdout the rows stand alone.
  if (file !== undefined && cli.options().json === true)
    await outJson(cli.terminal, { file, format, persons });
}

/** The pages of a listing have the same columns, so that all but the first leave the line of titles out. */
async function writeCsv(
  session: Session,
  project: number,
  query: URLSearchParams,
  sink: Sink,
  count: (rows: number) => void,
): Promise<void> {
  let isFirst = true;
  for await (const page of csvPages(session, project, query)) {
    const cutter = new CsvCutter(isFirst);
    const decoder = new TextDecoder();
    for await (const chunk of page) {
      const { text, rows } = cutter.cut(decoder.decode(chunk, { stream: true }));
      await sink.write(text);
      count(rows);
    }
    isFirst = false;
  }
}
