/** `deletions create`: the same command again goes on with the same deletion. */
import { randomUUID } from 'node:crypto';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { CliError } from '../../cli-error.ts';
import { EXIT } from '../../exit-codes.ts';
import { agreed } from '../../input/ask.ts';
import { shown } from '../../output/shown.ts';
import { outDeletion } from './show-deletion.ts';
import { openSessionOf, type Cli } from '../../session/session.ts';
import { followToEnd } from './follow.ts';
import { keyOf, readOrder, type OrderOptions, type PlacedOrder } from './order.ts';
import { awaitPreview, confirmPreview } from './preview.ts';

interface CreateOptions extends OrderOptions {
  readonly preview?: true | undefined;
  readonly follow: boolean;
  readonly wait?: true | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly again?: true | undefined;
}

export function addCreateDeletion(group: CommandUnknownOpts, cli: Cli): void {
  group
    .command('create')
    .description(
      'delete persons, up to 100,000 at once; the same command again goes on with the same deletion',
    )
    .option('--ids <path>', 'a file of UUIDs, one a line; - is stdin')
    .option('--distinct-ids <path>', 'a file of distinct ids, one a line; - is stdin')
    .option('--filter <json>', 'those that the list finds, like {"email": "ada@example.com"}')
    .option('--delete-events', 'their events along')
    .option('--delete-recordings', 'their recordings along')
    .option('--keep-person', 'and leave the profiles')
    .option('--preview', 'show whom it would delete, and ask then')
    .option('--no-follow', 'do not wait for its end')
    .option('--wait', 'wait also while it is held')
    .option('--again', 'a new deletion, though the same one was asked for within seven days')
    .option('--idempotency-key <key>', 'in place of the one that is made of the order')
    .action((options) => createDeletion(cli, options));
}

async function createDeletion(cli: Cli, options: CreateOptions): Promise<void> {
  const session = openSessionOf(cli, 'tenant');
  const placed = await readOrder(options);
  const isPreview = options.preview === true;
  const key = keyFor(placed, options, isPreview);
  const { terminal } = cli;
  if (!isPreview) await agreed(cli, `Delete ${placed.whom} (${placed.what})? This cannot be undone.`);
  const { data: created, response } = await order(cli, session.hedgerow, placed, key, isPreview);
  const isReplayed = response.headers.get('idempotency-replayed') === 'true';
  const said = isReplayed
    ? `This was asked for before, at ${created.intended_at}: it is ${created.id}. For a new one give --again.`
    : `It is written down as ${created.id}.`;
  terminal.note(shown(said));
  if (isPreview) {
    const preview = created.preview ?? (await awaitPreview(cli, session, created.id));
    if (preview !== null) await confirmPreview(cli, session, created.id, preview);
  }
  if (!options.follow) return outDeletion(cli, created);
  return followToEnd(cli, session, { id: created.id, tenant: null, whileHeld: options.wait === true });
}

function keyFor(placed: PlacedOrder, { again, idempotencyKey }: CreateOptions, isPreview: boolean): string {
  if (again === true && idempotencyKey !== undefined)
    throw new CliError(EXIT.usage, 'Give --again or --idempotency-key, not both.');
  return idempotencyKey ?? (again === true ? `hedgerow-${randomUUID()}` : keyOf(placed, isPreview));
}

type Client = ReturnType<typeof openSessionOf>['hedgerow'];

/** What is interrupted here may have been taken or not: the same command finds out. */
async function order(
  cli: Cli,
  hedgerow: Client,
  { order: body }: PlacedOrder,
  key: string,
  preview: boolean,
) {
  cli.terminal.note(shown(`Asked for with the idempotency key ${key}.`));
  try {
    return await hedgerow.POST('/v1/deletions', {
      params: { query: { preview }, header: { 'Idempotency-Key': JSON.stringify(key) } },
      body,
    });
  } catch (error) {
    if (!cli.signal.aborted) throw error;
    throw new CliError(
      EXIT.interrupted,
      'Interrupted. It is not known whether the deletion was written down.',
      [
        `Run the same command again${key.startsWith('hedgerow-') ? '' : ' with this idempotency key'}, and it goes on.`,
      ],
    );
  }
}
