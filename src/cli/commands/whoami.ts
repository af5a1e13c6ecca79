/** `whoami`: what the token in use may do now. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { components } from '../../client/index.ts';
import { outJson } from '../output/json.ts';
import { facts } from '../output/table.ts';
import { openSession, type Cli } from '../session/session.ts';
import { identityOf, type Identity } from './identity.ts';
import { budgetText, deletesText, listText, propertiesText, rateText, slicesText } from './words.ts';

export function addWhoami(program: CommandUnknownOpts, cli: Cli): void {
  program
    .command('whoami')
    .description('say who the token is, and what it may do now')
    .action(async () => {
      const session = openSession(cli);
      const identity = await identityOf(session);
      const { terminal, options } = cli;
      if (options().json === true) return outJson(terminal, identity.me);
      return terminal.out(facts([['gateway', session.url], ...factsOf(identity)], terminal.style));
    });
}

type Fact = readonly [string, string];

const factsOf = (identity: Identity): readonly Fact[] =>
  identity.plane === 'tenant'
    ? factsOfTenant(identity.me)
    : [
        ['operator', identity.me.name],
        ['role', identity.me.role],
      ];

function factsOfTenant(me: components['schemas']['Whoami']): readonly Fact[] {
  const { grant, token } = me;
  const limits = me.limits.map(
    ({ holder, remaining, burst }) => `${remaining} of ${burst} at once left for the ${holder}`,
  );
  return [
    ['tenant', `${me.tenant} (${me.name})`],
    ['token', token.id],
    ['actor', token.actor ?? ''],
    ['expires', token.expires_at],
    ['project', String(grant.project_id)],
    ['scopes', listText(grant.scopes)],
    ['slice', slicesText(grant.slices)],
    ['properties', propertiesText(grant.properties)],
    ['rate', rateText(grant.rate)],
    ['requests left', limits.join(', ')],
    ['deletes', deletesText(grant.deletes)],
    ['persons left', (me.deletion_budgets ?? []).map(budgetText).join(', ')],
    ['origins', listText(grant.origins)],
  ];
}
