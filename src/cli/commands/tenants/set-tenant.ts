/** `tenants set`: shows what changes, asks, and changes it only where nobody else has changed the record meanwhile. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { HedgerowError, type operations } from '../../../client/index.ts';
import { CliError } from '../../cli-error.ts';
import { EXIT } from '../../exit-codes.ts';
import { agreed } from '../../input/ask.ts';
import { patchFrom } from '../../input/assignments.ts';
import { isMembers, readJsonObject, type Members } from '../../input/files.ts';
import { openSessionOf, type Cli, type Session } from '../../session/session.ts';
import { conflictTable } from './conflict.ts';
import { differenceLines, differencesOf, patched } from './difference.ts';
import { ifMatch } from './revision.ts';
import { outTenant } from './show-tenant.ts';

type Patch = operations['admin_patch_tenant']['requestBody']['content']['application/json'];
type Document = operations['admin_put_tenant']['requestBody']['content']['application/json'];

const RECORD = '/admin/v1/tenants/{tenant}';
const NEW = { header: { 'If-None-Match': '*' } } as const;

export function addSetTenant(tenants: CommandUnknownOpts, cli: Cli): void {
  tenants
    .command('set')
    .description('register a tenant, or change its record; shows what changes before it does')
    .argument('<tenant>')
    .argument(
      '[changes...]',
      'like rate.burst=90 scopes=person:read,cohort:read; `slice=` sets a member back',
    )
    .option('--file <path>', 'a whole record as JSON, in place of changes; - is stdin')
    .action((tenant, changes, { file }) => setTenant(cli, tenant, changes, file));
}

async function setTenant(cli: Cli, tenant: string, changes: readonly string[], file: string | undefined) {
  if ((changes.length === 0) === (file === undefined))
    throw new CliError(
      EXIT.usage,
      'Give changes like rate.burst=90, or a whole record with --file, and not both.',
    );
  const session = openSessionOf(cli, 'admin');
  const given = file === undefined ? patchFrom(changes) : await readJsonObject(file);
  const found = await recordOf(session, tenant);
  const before: Members = found === null ? {} : found.data;
  const after = file === undefined ? patched(before, given) : given;
  const differences = differencesOf(before, after);
  const { terminal } = cli;
  if (found !== null && differences.length === 0) {
    terminal.note('Nothing changes.');
    return outTenant(cli, found.data);
  }
  for (const line of differenceLines(differences, terminal.noteStyle)) terminal.note(line);
  await agreed(cli, found === null ? `Register ${tenant} like this?` : `Change ${tenant} like this?`);
  try {
    const { data } = await write(session, tenant, file === undefined, given, found?.response ?? null);
    return await outTenant(cli, data);
  } catch (error) {
    if (!(error instanceof HedgerowError) || error.code !== 'precondition_failed') throw error;
    const now = await recordOf(session, tenant);
    for (const line of conflictTable(before, now?.data ?? {}, after, terminal.noteStyle)) terminal.note(line);
    throw new CliError(
      EXIT.refused,
      'Somebody else has changed the record meanwhile, and nothing was overwritten.',
      ['Run the command again, to change what is there now.'],
    );
  }
}

/** `read` has the revision that the change is for; null where there is no such tenant yet. */
function write(
  { hedgerow }: Session,
  tenant: string,
  isPatch: boolean,
  given: Members,
  read: Response | null,
) {
  const path = { tenant };
  if (read === null) return hedgerow.PUT(RECORD, { params: { path, ...NEW }, body: asDocument(given) });
  const params = { path, ...ifMatch(read) };
  return isPatch
    ? hedgerow.PATCH(RECORD, { params, body: asPatch(given) })
    : hedgerow.PUT(RECORD, { params, body: asDocument(given) });
}

/** The record with its revision; null where there is none. */
async function recordOf({ hedgerow }: Session, tenant: string) {
  try {
    return await hedgerow.GET(RECORD, { params: { path: { tenant } } });
  } catch (error) {
    if (error instanceof HedgerowError && error.code === 'record_unknown') return null;
    throw error;
  }
}

/** The gateway judges what was written, and says what would be right: here it is only known to be an object. */
const asPatch = (members: Members): Patch => (isPatchBody(members) ? members : {});
const isPatchBody = (members: Members): members is Members & Patch => isMembers(members);

const asDocument = (members: Members): Document => {
  if (isDocument(members)) return members;
  throw new CliError(EXIT.usage, 'A new tenant needs name, project_id and scopes.');
};
const isDocument = (members: Members): members is Members & Document =>
  ['name', 'project_id', 'scopes'].every((name) => name in members);
