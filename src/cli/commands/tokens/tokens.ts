/** `tokens`: minted by operators, derived by tenants. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { CliError } from '../../cli-error.ts';
import { EXIT } from '../../exit-codes.ts';
import { agreed } from '../../input/ask.ts';
import { outJson } from '../../output/json.ts';
import { shown } from '../../output/shown.ts';
import { openSession, tenantMeant, type Cli } from '../../session/session.ts';
import { tokenIdIn } from '../../session/target.ts';
import { addListTokens } from './list-tokens.ts';
import { addMintToken } from './mint-token.ts';

export function addTokens(program: CommandUnknownOpts, cli: Cli): void {
  const tokens = program.command('tokens').description('mint, list and revoke tokens');
  addMintToken(tokens, cli);
  addListTokens(tokens, cli);
  tokens
    .command('revoke')
    .description('end a token and all that were derived from it')
    .argument('[id]', 'of the token; left out with --self')
    .option('--tenant <tenant>', 'whose token it is, with an admin token')
    .option('--self', 'the token in use')
    .action((id, { tenant, self }) => (self === true ? revokeSelf(cli, id) : revoke(cli, id, tenant)));
}

async function revoke(cli: Cli, id: string | undefined, named: string | undefined): Promise<void> {
  if (id === undefined) throw new CliError(EXIT.usage, 'Give the id of a token, or --self.');
  const session = openSession(cli);
  const tenant = tenantMeant(session, named);
  await agreed(cli, `End the token ${id}, and all that were derived from it, for good?`);
  if (tenant === null) await session.hedgerow.DELETE('/v1/tokens/{id}', { params: { path: { id } } });
  else
    await session.hedgerow.DELETE('/admin/v1/tenants/{tenant}/tokens/{id}', {
      params: { path: { tenant, id } },
    });
  await outRevoked(cli, id, `Revoked ${shown(id)}.`);
}

async function revokeSelf(cli: Cli, id: string | undefined): Promise<void> {
  if (id !== undefined) throw new CliError(EXIT.usage, '--self is about the token in use: leave the id out.');
  const session = openSession(cli);
  if (session.plane === 'admin')
    throw new CliError(
      EXIT.usage,
      'An admin token is a variable of the Worker, and ends when that is changed.',
    );
  await agreed(cli, 'End the token in use, and all that were derived from it, for good?');
  await session.hedgerow.POST('/v1/tokens/self-revoke');
  await outRevoked(cli, tokenIdIn(session.token), 'Revoked the token in use.');
}

async function outRevoked({ terminal, options }: Cli, id: string | null, note: string): Promise<void> {
  if (options().json === true) return outJson(terminal, { id, revoked: true });
  return terminal.note(note);
}
