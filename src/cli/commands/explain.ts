/** `explain`: would a request be allowed, and what would PostHog be sent? */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { Option } from '@commander-js/extra-typings';
import type { components } from '../../client/index.ts';
import { CliError } from '../cli-error.ts';
import { EXIT } from '../exit-codes.ts';
import { jsonIn } from '../input/files.ts';
import { outJson } from '../output/json.ts';
import { facts } from '../output/table.ts';
import { openSessionOf, type Cli } from '../session/session.ts';
import { budgetText } from './words.ts';

type Explanation = components['schemas']['Explanation'];
type Method = components['schemas']['ExplainRequest']['method'];

const METHODS: readonly Method[] = ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'];

export function addExplain(program: CommandUnknownOpts, cli: Cli): void {
  program
    .command('explain')
    .description(
      'say whether a request would be allowed, and what PostHog would be sent; ends with 6 where it is not',
    )
    .argument('<method>')
    .argument('<path>', 'like /api/projects/1/persons/?search=ada')
    .addOption(new Option('--body <json>', 'of the request'))
    .option('--origin <origin>', 'of the page that would send it')
    .action((method, path, options) => explain(cli, method, path, options));
}

interface ExplainOptions {
  readonly body?: string | undefined;
  readonly origin?: string | undefined;
}

async function explain(
  cli: Cli,
  method: string,
  path: string,
  { body, origin }: ExplainOptions,
): Promise<void> {
  const { hedgerow } = openSessionOf(cli, 'tenant');
  const { data } = await hedgerow.POST('/v1/explain', {
    body: {
      method: methodIn(method),
      path,
      ...(origin === undefined ? {} : { origin }),
      ...(body === undefined ? {} : { body: jsonIn(body, 'The body') }),
    },
  });
  cli.endWith(data.allowed ? EXIT.ok : EXIT.refused);
  const { terminal, options } = cli;
  if (options().json === true) return outJson(terminal, data);
  return terminal.out(facts(factsOf(data), terminal.style));
}

function methodIn(text: string): Method {
  const method = METHODS.find((one) => one === text.toUpperCase());
  if (method !== undefined) return method;
  throw new CliError(EXIT.usage, `The method has to be one of ${METHODS.join(', ')}.`);
}

type Fact = readonly [string, string | null];

function factsOf({
  allowed,
  operation,
  reason,
  first,
  deletion_budgets,
  fuse,
  would_send: sent,
}: Explanation) {
  const rows: readonly Fact[] = [
    ['allowed', allowed ? 'yes' : 'no'],
    ['operation', operation],
    ...(reason === null
      ? []
      : ([
          ['because', reason.detail],
          ['code', reason.code],
          ['about', reason.attr],
        ] as const)),
    ['first', first],
    ['budgets', deletion_budgets === null ? null : deletion_budgets.map(budgetText).join(', ')],
    ['fuse', fuse],
    ['would send', sent === null ? null : `${sent.method} ${sent.path}`],
    ...Object.entries(sent?.query ?? {}).map(([name, value]): Fact => [`query ${name}`, value]),
    ['body', sent === null || sent.body === null ? null : JSON.stringify(sent.body)],
  ];
  return rows;
}
