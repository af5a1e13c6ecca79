/** What the types of the client take and what they refuse. It is compiled, by two compilers, and never run. */
import { createHedgerow, deletions, persons, type Scope } from '../../../src/client/index.ts';

const url = 'https://gateway.test';
const LIST = '/api/projects/{project_id}/persons/';

export async function taken(): Promise<readonly Scope[]> {
  const hedgerow = createHedgerow({ url, getToken: async () => 'hgr_x' });
  const { data: me } = await hedgerow.GET('/v1/whoami');
  const { data: token } = await hedgerow.POST('/v1/tokens', {
    body: { name: 'a page', expires_in: 600, scopes: ['person:read'] },
  });
  const { data: person } = await hedgerow.GET('/api/projects/{project_id}/persons/{id}/', {
    params: { path: { project_id: me.grant.project_id, id: 'x' } },
    signal: AbortSignal.timeout(1000),
  });
  for await (const { results, next } of persons.pages(hedgerow, { projectId: 1, query: { limit: 5 } }))
    text(next ?? results[0]?.name ?? person.distinct_ids[0] ?? token.token);
  const outcome = await deletions.run(hedgerow, { filter: { email: 'a@b.test' } }, { whileHeld: 'wait' });
  switch (outcome.kind) {
    case 'failed':
    case 'cancelled':
      text(outcome.reason);
      break;
    case 'done':
    case 'nobody':
    case 'held':
      text(outcome.deletion.state);
  }
  return me.grant.scopes;
}

export async function refused(): Promise<void> {
  const hedgerow = createHedgerow({ url, token: 'hgr_x' });
  const path = { project_id: 1 };
  // @ts-expect-error A client needs a token.
  createHedgerow({ url });
  // @ts-expect-error A client takes a token or a way to one, not both.
  createHedgerow({ url, token: 'hgr_x', getToken: async () => 'hgr_x' });
  // @ts-expect-error There is no such path.
  await hedgerow.GET('/v1/whoareyou');
  // @ts-expect-error The path has no such method.
  await hedgerow.DELETE('/v1/whoami');
  // @ts-expect-error There is no such scope.
  await hedgerow.POST('/v1/tokens', { body: { name: 'x', scopes: ['person:raed'] } });
  // @ts-expect-error There is no such field.
  await hedgerow.POST('/v1/tokens', { body: { name: 'x', scope: ['person:read'] } });
  // @ts-expect-error A field is missing.
  await hedgerow.POST('/v1/tokens', { body: {} });
  // @ts-expect-error A body is missing.
  await hedgerow.POST('/v1/tokens');
  // @ts-expect-error There is no such parameter, beside one that there is.
  await hedgerow.GET(LIST, { params: { path, query: { limit: 1, limt: 2 } } });
  // @ts-expect-error A parameter has another type.
  await hedgerow.GET(LIST, { params: { path, query: { limit: 'two' } } });
  // @ts-expect-error A part of the path is missing.
  await hedgerow.GET(LIST);
  const { data: me } = await hedgerow.GET('/v1/whoami');
  // @ts-expect-error The answer has no such member.
  unknown(me.grant.scope);
  // @ts-expect-error A scope is one of those there are.
  text(me.grant.scopes.includes('person:write') ? '' : '');
  // @ts-expect-error There is no such scope.
  scope('person:raed');
  // @ts-expect-error An order has no such field.
  await deletions.run(hedgerow, { uuids: ['x'] });
  // @ts-expect-error A deletion that is under way is no outcome.
  text((await deletions.run(hedgerow, { ids: ['x'] })).kind === 'sending' ? '' : '');
  // @ts-expect-error The reason is known of deletions that failed or were cancelled.
  unknown((await deletions.run(hedgerow, { ids: ['x'] })).reason);
  // @ts-expect-error Pages are JSON.
  persons.pages(hedgerow, { projectId: 1, query: { format: 'csv' } });
  // @ts-expect-error There is no such parameter.
  persons.all(hedgerow, { projectId: 1, query: { limt: 2 } });
  // @ts-expect-error The path begins with a slash.
  await hedgerow.fetch('v1/deletions');
}

const unknown = (value: unknown): unknown => value;
const text = (value: string): string => value;
const scope = (value: Scope): Scope => value;
