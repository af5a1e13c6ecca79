/** `tokens mint`: the token on stdout and nothing else there, so that it can be piped where it belongs. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { components } from '../../../client/index.ts';
import { CliError } from '../../cli-error.ts';
import { EXIT } from '../../exit-codes.ts';
import { patchFrom } from '../../input/assignments.ts';
import { secondsIn } from '../../input/durations.ts';
import { isMembers, type Members } from '../../input/files.ts';
import { outJson } from '../../output/json.ts';
import { shown } from '../../output/shown.ts';
import { openSession, tenantMeant, type Cli } from '../../session/session.ts';
import { listText } from '../words.ts';

type TokenRequest = components['schemas']['TokenRequest'];

interface MintOptions {
  readonly name: string;
  readonly tenant?: string | undefined;
  readonly expiresIn?: string | undefined;
  readonly actor?: string | undefined;
}

export function addMintToken(tokens: CommandUnknownOpts, cli: Cli): void {
  tokens
    .command('mint')
    .description("make a token; with a tenant's token, one that is narrower than it")
    .argument('[narrowing...]', 'like scopes=person:read slice.property=tenant_id slice.value=acme')
    .requiredOption('--name <name>', 'says which token it is')
    .option('--tenant <tenant>', 'whose token it is to be, with an admin token')
    .option('--expires-in <time>', 'like 15m, 12h or 30d')
    .option('--actor <actor>', 'the end user or the ticket behind it')
    .action((narrowing, options) => mint(cli, narrowing, options));
}

async function mint(cli: Cli, narrowing: readonly string[], options: MintOptions): Promise<void> {
  const { name, actor, expiresIn } = options;
  const body = asRequest({
    ...patchFrom(narrowing),
    name,
    ...(actor === undefined ? {} : { actor }),
    ...(expiresIn === undefined ? {} : { expires_in: secondsIn(expiresIn) }),
  });
  const session = openSession(cli);
  const tenant = tenantMeant(session, options.tenant);
  const { data } =
    tenant === null
      ? await session.hedgerow.POST('/v1/tokens', { body })
      : await session.hedgerow.POST('/admin/v1/tenants/{tenant}/tokens', {
          params: { path: { tenant } },
          body,
        });
  const { terminal } = cli;
  if (cli.options().json === true) return outJson(terminal, data);
  terminal.note(shown(`${data.name} (${data.id}), until ${data.expires_at}: ${listText(data.grant.scopes)}`));
  terminal.note('This is the token. It is shown this once:');
  return terminal.out(`${data.token}\n`);
}

const asRequest = (members: Members): TokenRequest => {
  if (isRequest(members)) return members;
  throw new CliError(EXIT.usage, 'A token needs a name.');
};

/** The gateway judges the rest, and says what would be right. */
const isRequest = (members: Members): members is Members & TokenRequest =>
  isMembers(members) && typeof members['name'] === 'string';
