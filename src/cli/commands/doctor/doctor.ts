/** `doctor`: is everything as it has to be, and what to do where it is not? It changes nothing. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { CliError } from '../../cli-error.ts';
import { EXIT } from '../../exit-codes.ts';
import { countIn } from '../../input/durations.ts';
import { outJson } from '../../output/json.ts';
import { shown } from '../../output/shown.ts';
import type { Style } from '../../output/style.ts';
import { openSessionOf, type Cli } from '../../session/session.ts';
import { identityOf, nameOf } from '../identity.ts';
import { clockFindings } from './clock.ts';
import { logFindings } from './log.ts';
import { postHogFindings } from './posthog.ts';
import { quotaFindings } from './quotas.ts';
import type { Area, Finding } from './finding.ts';

export function addDoctor(program: CommandUnknownOpts, cli: Cli): void {
  program
    .command('doctor')
    .description('check PostHog and the deployment; ends with 11 where something is wrong')
    .option('--project <number>', 'this project of PostHog; those of all tenants where left out')
    .action(({ project }) => doctor(cli, project));
}

async function doctor(cli: Cli, project: string | undefined): Promise<void> {
  const session = openSessionOf(cli, 'admin');
  const { hedgerow, url } = session;
  const query = project === undefined ? {} : { project_id: countIn(project, '--project') };
  const identity = await identityOf(session);
  const { data: check, response } = await hedgerow.GET('/admin/v1/check', { params: { query } });
  if (!('deployment' in check)) {
    throw new CliError(EXIT.unavailable, 'The gateway is older than this command line, and checks less.', [
      'Deploy it anew, or use the command line of its version.',
    ]);
  }
  const [quotas, logs] = await Promise.all([
    quotaFindings(hedgerow, query),
    logFindings(hedgerow, check.generation.configured),
  ]);
  const findings: readonly Finding[] = [
    { area: 'gateway', name: 'reached', good: true, says: `It answers at ${url}, to ${nameOf(identity)}.` },
    ...clockFindings(response, Date.now()),
    { area: 'gateway', name: 'secrets', ...check.deployment.secrets },
    { area: 'gateway', name: 'placement', ...check.deployment.placement },
    ...postHogFindings(check),
    ...quotas,
    ...logs,
  ];
  const bad = findings.filter(({ good }) => good === false).length;
  cli.endWith(bad === 0 ? EXIT.ok : EXIT.unhealthy);
  const { terminal, options } = cli;
  if (options().json === true) return outJson(terminal, { good: bad === 0, findings });
  return terminal.out(`${textOf(findings, terminal.style)}\n${summary(findings, bad)}\n`);
}

const TITLES: Readonly<Record<Area, string>> = {
  gateway: 'The gateway',
  posthog: 'PostHog',
  deletions: 'Deletions',
};

const textOf = (findings: readonly Finding[], style: Style): string =>
  [...new Set(findings.map(({ area }) => area))]
    .map((area) => {
      const own = findings.filter((finding) => finding.area === area);
      return [style.bold(TITLES[area]), ...own.map((finding) => lineOf(finding, style)), ''].join('\n');
    })
    .join('\n');

function lineOf({ name, good, says }: Finding, style: Style): string {
  const mark = good === null ? style.yellow('?  ') : good ? style.green('ok ') : style.red('BAD');
  return `  ${mark} ${shown(name)}: ${shown(says)}`;
}

function summary(findings: readonly Finding[], bad: number): string {
  const unknown = findings.filter(({ good }) => good === null).length;
  const open = unknown === 0 ? '' : ` ${unknown} could not be found out.`;
  return bad === 0 ? `Nothing is wrong.${open}` : `${bad} of ${findings.length} findings are bad.${open}`;
}
