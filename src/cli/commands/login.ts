/** `login` and `logout`: the address and the token, kept for the account's owner only. */
import { text as readAll } from 'node:stream/consumers';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { CliError } from '../cli-error.ts';
import { EXIT } from '../exit-codes.ts';
import { askedSecret, askedText } from '../input/ask.ts';
import { outJson } from '../output/json.ts';
import { shown } from '../output/shown.ts';
import { credentialsFile, readProfiles, writeProfiles } from '../session/credentials.ts';
import { sessionWith, tellOfPlainHttp, type Cli } from '../session/session.ts';
import { gatewayUrl, planeOf, profileName, usableToken } from '../session/target.ts';
import { identityOf, nameOf, namesIn } from './identity.ts';

export function addLogin(program: CommandUnknownOpts, cli: Cli): void {
  program
    .command('login')
    .description('save the address of a gateway and a token, which is read from a question or from stdin')
    .action(() => logIn(cli));
  program
    .command('logout')
    .description('forget what login saved')
    .action(() => logOut(cli));
}

async function logIn(cli: Cli): Promise<void> {
  const { terminal, env } = cli;
  const name = profileName(cli.options(), env);
  const file = credentialsFile(env);
  const profiles = readProfiles(file);
  const url = gatewayUrl(await addressFor(cli, profiles[name]?.url));
  // Before the token is given.
  tellOfPlainHttp(cli, url);
  const token = usableToken(terminal.canAsk ? await askedSecret(cli, 'Token') : await tokenOnStdin());
  // A token that does not work is not worth keeping.
  const identity = await identityOf(sessionWith(cli, { url, token, plane: planeOf(token), isSaved: false }));
  writeProfiles(file, { ...profiles, [name]: { url, token } });
  if ((env['HEDGEROW_TOKEN'] ?? '') !== '')
    terminal.note('HEDGEROW_TOKEN is set, and goes before it: commands use that one until it is taken away.');
  if (cli.options().json === true)
    return outJson(terminal, { profile: name, gateway: url, file, ...namesIn(identity) });
  terminal.note(`Logged in at ${url} as ${shown(nameOf(identity))}. The token is in ${file}, for you only.`);
}

async function tokenOnStdin(): Promise<string> {
  const text = await readAll(process.stdin);
  if (text.trim() !== '') return text;
  throw new CliError(EXIT.usage, 'No token came on stdin.', [
    'Pipe it in, like `printenv TOKEN | hedgerow login --url URL`, or run it in a terminal.',
  ]);
}

async function addressFor(cli: Cli, saved: string | undefined): Promise<string> {
  const given = cli.options().url ?? cli.env['HEDGEROW_URL'];
  if (given !== undefined && given !== '') return given;
  if (cli.terminal.canAsk) return askedText(cli, 'Address of the gateway', saved);
  throw new CliError(EXIT.usage, 'Give the address of the gateway with --url; the token comes on stdin.');
}

async function logOut({ terminal, env, options }: Cli): Promise<void> {
  const name = profileName(options(), env);
  const file = credentialsFile(env);
  const { [name]: left, ...others } = readProfiles(file);
  if (left === undefined) throw new CliError(EXIT.notFound, `There is no profile ${name}.`);
  writeProfiles(file, others);
  if (options().json === true) return outJson(terminal, { profile: name, gateway: left.url, file });
  terminal.note(`Forgot the profile ${shown(name)}. The token itself goes on being valid.`);
}
