/** `login` and `logout`: the address and the token, kept for the account's owner only. */
import { text as readAll } from 'node:stream/consumers';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { CliError } from '../cli-error.ts';
import { EXIT } from '../exit-codes.ts';
import { askedSecret, askedText } from '../input/ask.ts';
import { shown } from '../output/shown.ts';
import { credentialsFile, readProfiles, writeProfiles } from '../session/credentials.ts';
import { sessionWith, tellOfPlainHttp, type Cli } from '../session/session.ts';
import { gatewayUrl, planeOf, profileName, usableToken } from '../session/target.ts';
import { identityOf, nameOf } from './identity.ts';

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
  const token = usableToken(terminal.canAsk ? await askedSecret(cli, 'Token') : await readAll(process.stdin));
  // A token that does not work is not worth keeping.
  const identity = await identityOf(sessionWith(cli, { url, token, plane: planeOf(token), isSaved: false }));
  writeProfiles(file, { ...profiles, [name]: { url, token } });
  terminal.note(`Logged in at ${url} as ${shown(nameOf(identity))}. The token is in ${file}, for you only.`);
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
  terminal.note(`Forgot the profile ${shown(name)}. The token itself goes on being valid.`);
}
