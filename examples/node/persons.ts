/**
 * A job on a server: says what its token may do, counts persons, writes them to a table, and erases one when it is told to.
 * With `npm start` running: HEDGEROW_TOKEN='hgr_…' npm run example:node
 * To erase somebody as well: HEDGEROW_TOKEN='hgr_…' npm run example:node -- --erase ben@acme.test
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createHedgerow, deletions, HedgerowError, persons, type Hedgerow } from 'hedgerow/client';

const { values } = parseArgs({
  options: { erase: { type: 'string' }, table: { type: 'string', default: 'persons.csv' } },
});
const { HEDGEROW_URL: url = 'http://127.0.0.1:8787', HEDGEROW_TOKEN: token = '' } = process.env;
if (token === '')
  throw new Error('HEDGEROW_TOKEN is missing: a token of your tenant, which `npm start` prints.');

async function main(hedgerow: Hedgerow): Promise<void> {
  const { grant } = (await hedgerow.GET('/v1/whoami')).data;
  console.log(`The token may: ${grant.scopes.join(', ')}`);

  let withEmail = 0;
  let all = 0;
  for await (const { properties } of persons.all(hedgerow, { projectId: grant.project_id })) {
    all += 1;
    if (typeof properties?.['email'] === 'string') withEmail += 1;
  }
  console.log(`${all} persons, ${withEmail} of them with an e-mail address`);

  const { body } = await hedgerow.fetch(`/api/projects/${grant.project_id}/persons/?format=csv`);
  if (body !== null) await writeFile(values.table, body);
  console.log(`The first page is in ${values.table}`);

  if (values.erase === undefined) return;
  const outcome = await deletions.run(
    hedgerow,
    { distinct_ids: [values.erase], delete_events: true },
    // The same key is the same deletion, however often this job is run for this person today.
    {
      idempotencyKey: `erase ${values.erase} ${new Date().toISOString().slice(0, 10)}`,
      onState: ({ id, state }) => console.log(`${id}: ${state}`),
    },
  );
  console.log(`The deletion ended: ${outcome.kind}`);
}

try {
  await main(createHedgerow({ url, token }));
} catch (error) {
  if (!(error instanceof HedgerowError)) throw error;
  console.error(`${error.code}: ${error.message} Request ${error.requestId}.`);
  process.exitCode = 1;
}
