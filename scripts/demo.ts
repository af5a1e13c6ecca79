/** The demo tenant of a sandbox run, and commands that work when they are pasted. */
import * as z from 'zod';

const DEMO_TENANT = {
  name: 'Demo',
  project_id: 1,
  scopes: ['person:read', 'cohort:read', 'activity_log:read', 'insight:read', 'person:write'],
  rate: { requests_per_minute: 600, burst: 60 },
  deletes: { persons_per_day: 1000, events: true, recordings: false },
  origins: ['http://localhost:3000'],
};

const Minted = z.object({ token: z.string() });
const People = z.object({ results: z.array(z.object({ uuid: z.string() })) });

/** Registers the tenant, mints a token, and says what can be done with it. */
export async function registerDemo(origin: string, adminToken: string): Promise<string> {
  const asAdmin = (method: string, path: string, body: unknown) =>
    send(origin, adminToken, method, path, body);
  await asAdmin('PUT', '/admin/v1/tenants/demo', DEMO_TENANT);
  const { token } = Minted.parse(
    await asAdmin('POST', '/admin/v1/tenants/demo/tokens', { name: 'npm start', expires_in: 86_400 }),
  );
  const people = People.parse(
    await send(origin, token, 'GET', '/api/projects/1/persons/?email=ada@acme.test'),
  );
  return commands(origin, token, people.results[0]?.uuid ?? '');
}

async function send(
  origin: string,
  token: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const response = await fetch(origin + path, {
    method,
    headers: {
      Authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json();
  if (!response.ok)
    throw new Error(`${method} ${path} answered ${response.status}: ${JSON.stringify(answer)}`);
  return answer;
}

const commands = (origin: string, token: string, uuid: string): string => `
A tenant "demo" is registered. Paste these into another shell:

  export TOKEN='${token}'

  # what the token may do
  curl -s ${origin}/v1/whoami -H "Authorization: Bearer $TOKEN"

  # two of the people PostHog knows
  curl -s '${origin}/api/projects/1/persons/?limit=2' -H "Authorization: Bearer $TOKEN"

  # delete one of them, with their events
  curl -s -i -X POST ${origin}/api/projects/1/persons/bulk_delete/ -H "Authorization: Bearer $TOKEN" \\
    -H 'Content-Type: application/json' -d '{"ids": ["${uuid}"], "delete_events": true}'

  # what the log says of it
  curl -s ${origin}/v1/deletions -H "Authorization: Bearer $TOKEN"

Stop with Ctrl-C.
`;
