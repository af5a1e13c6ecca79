import type { components } from '../../../client/index.ts';
import { outJson } from '../../output/json.ts';
import { facts, table } from '../../output/table.ts';
import type { Cli } from '../../session/session.ts';
import { ownOriginsText } from '../words.ts';

export type OwnOrigins = components['schemas']['OwnOrigins'];

export async function outOrigins({ terminal, options }: Cli, own: OwnOrigins): Promise<void> {
  if (options().json === true) return outJson(terminal, own);
  const { rules, origins, development_until: until } = own;
  await terminal.out(
    facts(
      [
        ['may add', ownOriginsText(rules)],
        ['development', until === null ? 'off' : `on until ${until}`],
      ],
      terminal.style,
    ),
  );
  if (origins.length === 0) return;
  const rows = table(
    origins,
    [
      { title: 'origin', of: ({ origin }) => origin },
      { title: 'state', of: ({ in_force: inForce }) => (inForce ? 'in force' : 'not allowed') },
      { title: 'added', of: ({ added_at: at }) => at },
      { title: 'by', of: ({ added_by: token }) => token },
    ],
    terminal.style,
  );
  await terminal.out(`\n${rows}`);
}
