/** `tokens list`: as a tree, each token below the one that it was derived from. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Token } from '../../../client/index.ts';
import { outJson } from '../../output/json.ts';
import { pagesOf } from '../../output/pages.ts';
import { table } from '../../output/table.ts';
import { openSessionOf, type Cli } from '../../session/session.ts';
import { tenantOption } from '../tenant-option.ts';

export function addListTokens(tokens: CommandUnknownOpts, cli: Cli): void {
  tokens
    .command('list')
    .description('list the tokens of a tenant, with an admin token')
    .addOption(tenantOption('whose tokens').makeOptionMandatory())
    .option('--all', 'also those that were revoked or have expired')
    .action(({ tenant, all }) => listTokens(cli, tenant, all === true));
}

async function listTokens(cli: Cli, tenant: string, withEnded: boolean): Promise<void> {
  const { hedgerow } = openSessionOf(cli, 'admin');
  const rows = await pagesOf(async (query) => {
    const params = { path: { tenant }, query };
    return (await hedgerow.GET('/admin/v1/tenants/{tenant}/tokens', { params })).data;
  });
  const now = new Date().toISOString();
  const kept = withEnded
    ? rows
    : rows.filter((token) => stateOf(token, now) !== 'revoked' && token.expires_at > now);
  const { terminal, options } = cli;
  if (options().json === true) return outJson(terminal, kept);
  return terminal.out(
    table(
      treeOf(kept),
      [
        { title: 'token', of: ({ token, depth }) => '  '.repeat(depth) + token.id },
        { title: 'name', of: ({ token }) => token.name },
        { title: 'state', of: ({ token }) => stateOf(token, now) },
        { title: 'expires', of: ({ token }) => token.expires_at },
        { title: 'last used', of: ({ token }) => token.last_used_at ?? 'never' },
        { title: 'scopes', of: ({ token }) => token.narrowing.scopes?.join(', ') ?? 'as above' },
        { title: 'actor', of: ({ token }) => token.actor },
        { title: 'minted by', of: ({ token }) => token.minted_by },
        { title: 'key', of: ({ token }) => token.kid },
      ],
      terminal.style,
    ),
  );
}

function stateOf({ revoked_at: revoked, expires_at: end, not_before: begin }: Token, now: string): string {
  if (revoked !== null) return 'revoked';
  if (end <= now) return 'expired';
  return begin !== null && begin > now ? 'not yet' : 'in force';
}

interface Leaf {
  readonly token: Token;
  readonly depth: number;
}

/** Tokens whose parent is not shown stand at the root. */
function treeOf(tokens: readonly Token[]): readonly Leaf[] {
  const known = new Set(tokens.map(({ id }) => id));
  const children = new Map<string | null, Token[]>();
  for (const token of tokens) {
    const parent = token.parent !== null && known.has(token.parent) ? token.parent : null;
    children.set(parent, [...(children.get(parent) ?? []), token]);
  }
  const leaves: Leaf[] = [];
  const walk = (parent: string | null, depth: number): void => {
    for (const token of children.get(parent) ?? []) {
      leaves.push({ token, depth });
      walk(token.id, depth + 1);
    }
  };
  walk(null, 0);
  return leaves;
}
