import { countIn } from '../../input/durations.ts';
import type { Session } from '../../session/session.ts';

/** The project that was named, or that of the token. */
export async function projectOf({ hedgerow }: Session, named: string | undefined): Promise<number> {
  if (named !== undefined) return countIn(named, '--project');
  return (await hedgerow.GET('/v1/whoami')).data.grant.project_id;
}
