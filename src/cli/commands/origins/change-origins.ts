/** Adds to the list of a tenant's own origins, or takes from it, whatever others change meanwhile. */
import { HedgerowError } from '../../../client/index.ts';
import { openSessionOf, type Cli, type Session } from '../../session/session.ts';
import { ifMatch } from '../tenants/revision.ts';
import { outOrigins, type OwnOrigins } from './show-origins.ts';

/** Builds of several previews at once change the list at the same time. */
const TIMES_MAX = 10;

/** What the list is to become, of what it is. */
type Change = (before: readonly string[]) => readonly string[];

export async function changeOrigins(cli: Cli, change: Change): Promise<void> {
  const session = openSessionOf(cli, 'tenant');
  for (let times = 1; ; times += 1) {
    try {
      return await outOrigins(cli, await changed(session, change));
    } catch (error) {
      const isStale = error instanceof HedgerowError && error.code === 'precondition_failed';
      if (!isStale || times === TIMES_MAX) throw error;
    }
  }
}

async function changed({ hedgerow }: Session, change: Change): Promise<OwnOrigins> {
  const { data, response } = await hedgerow.GET('/v1/origins');
  const before = data.origins.map(({ origin }) => origin);
  const body = { origins: [...change(before)] };
  return (await hedgerow.PUT('/v1/origins', { params: ifMatch(response), body })).data;
}
