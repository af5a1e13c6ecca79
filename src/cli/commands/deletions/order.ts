/** What is to be deleted, as the options of `deletions create` say it. */
import { createHash } from 'node:crypto';
import type { deletions } from '../../../client/index.ts';
import { LIMITS } from '../../../core/limits.ts';
import { CliError } from '../../cli-error.ts';
import { EXIT } from '../../exit-codes.ts';
import { isMembers, jsonIn, type Members } from '../../input/files.ts';
import { readIds } from '../../input/ids.ts';

type Order = deletions.DeletionOrder;
type Filter = NonNullable<Order['filter']>;

export interface OrderOptions {
  readonly ids?: string | undefined;
  readonly distinctIds?: string | undefined;
  readonly filter?: string | undefined;
  readonly deleteEvents?: true | undefined;
  readonly deleteRecordings?: true | undefined;
  readonly keepPerson?: true | undefined;
}

export interface PlacedOrder {
  readonly order: Order;
  /** Whom it names, for a question. */
  readonly whom: string;
  /** What is deleted of them, for a question. */
  readonly what: string;
}

/** Reads the ids to the end before anything is asked of the gateway. */
export async function readOrder(options: OrderOptions): Promise<PlacedOrder> {
  const { ids, distinctIds, filter } = options;
  if ([ids, distinctIds, filter].filter((one) => one !== undefined).length !== 1)
    throw new CliError(EXIT.usage, 'Give --ids, --distinct-ids or --filter, and only one of them.');
  const flags = {
    ...(options.deleteEvents === true ? { delete_events: true } : {}),
    ...(options.deleteRecordings === true ? { delete_recordings: true } : {}),
    ...(options.keepPerson === true ? { keep_person: true } : {}),
  };
  const what = whatOf(options);
  if (filter !== undefined)
    return { order: { filter: filterIn(filter), ...flags }, whom: `the persons that ${filter} finds`, what };
  const read = await readIds(ids ?? distinctIds ?? '', LIMITS.deletionPersonsMax);
  return {
    order: { ...(ids === undefined ? { distinct_ids: read } : { ids: read }), ...flags },
    whom: read.length === 1 ? 'one person' : `${read.length.toLocaleString('en')} persons`,
    what,
  };
}

function whatOf({ deleteEvents, deleteRecordings, keepPerson }: OrderOptions): string {
  const parts = [
    ...(keepPerson === true ? [] : ['profiles']),
    ...(deleteEvents === true ? ['events'] : []),
    ...(deleteRecordings === true ? ['recordings'] : []),
  ];
  return parts.length === 0 ? 'nothing' : parts.join(', ');
}

function filterIn(text: string): Filter {
  const value = jsonIn(text, 'The filter');
  if (isMembers(value) && isFilter(value)) return value;
  throw new CliError(EXIT.usage, 'A filter is a JSON object like {"email": "ada@example.com"}.');
}

/** The gateway judges its members, and says what would be right. */
const isFilter = (members: Members): members is Members & Filter => isMembers(members);

/**
 * The same order is the same deletion for seven days, however often the command is run: that is how it goes on after an
 * interruption, a kill of the machine among them, without any file of its own. The order of the ids does not matter.
 */
export function keyOf({ order }: PlacedOrder, isPreview: boolean): string {
  const { ids, distinct_ids: distinctIds, filter } = order;
  const flags = [order.delete_events ?? false, order.delete_recordings ?? false, order.keep_person ?? false];
  const named = [ids?.toSorted(), distinctIds?.toSorted(), filter ?? null];
  const text = JSON.stringify([named, flags, isPreview]);
  return `hedgerow-${createHash('sha256').update(text).digest('hex')}`;
}
