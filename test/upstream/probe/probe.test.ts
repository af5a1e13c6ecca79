/** What the operator's check makes of PostHog's answers, for every probe and every kind of answer. */
import { describe, expect, test } from 'vitest';
import { ProjectId } from '../../../src/core/ids.ts';
import type { PostHogClient } from '../../../src/upstream/client.ts';
import { interpret, type Interpretation } from '../../../src/upstream/interpret.ts';
import {
  hostVerdict,
  keyVerdict,
  POSTHOG_SCOPES,
  probe,
  projectVerdict,
  scopeVerdict,
} from '../../../src/upstream/probe/probe.ts';
import type { UpstreamRequest } from '../../../src/upstream/request.ts';
import { scrubsOf } from '../../../src/upstream/scrub.ts';

const SCRUBS = scrubsOf({ origin: 'https://eu.posthog.example', key: 'phx_the-key-nobody-sees' });
const said = (status: number, json: unknown): Interpretation =>
  interpret({ status, text: JSON.stringify(json), retryAfterSeconds: null }, SCRUBS);
const refusal = (status: number, code: string, detail: string) =>
  said(status, { type: 'authentication_error', code, detail, attr: null });

const DENIED = 'permission_denied';
const ANSWERS: [string, Interpretation, ...(boolean | null)[]][] = [
  // what PostHog says, then the verdicts on host, key, person:read and project
  ['a page', said(200, { results: [], next: null }), true, true, true, true],
  ['an unknown key', refusal(401, 'authentication_failed', 'invalid'), true, false, null, null],
  [
    'a missing scope',
    refusal(403, DENIED, "API key missing required scope 'person:read'"),
    true,
    true,
    false,
    null,
  ],
  [
    'another missing scope',
    refusal(403, DENIED, "API key missing required scope 'x:read'"),
    true,
    true,
    null,
    null,
  ],
  [
    'a closed project',
    refusal(403, DENIED, 'API key does not have access to the requested project'),
    true,
    true,
    null,
    false,
  ],
  ['an unknown project', refusal(404, 'not_found', 'Project not found.'), true, true, true, false],
  ['no such method', refusal(405, 'method_not_allowed', 'no'), true, true, true, null],
  ['a used up rate', said(429, {}), true, null, null, null],
  ['a failure', said(500, {}), false, null, null, null],
  ['a redirect', said(302, {}), false, null, null, null],
  [
    'another server',
    interpret({ status: 404, text: '<html>', retryAfterSeconds: null }, SCRUBS),
    false,
    true,
    true,
    false,
  ],
];

test.each(ANSWERS)(
  'PostHog\'s answer "%s" is judged for host, key, scope and project',
  (_, answer, ...verdicts) => {
    expect([
      hostVerdict(answer),
      keyVerdict(answer),
      scopeVerdict(answer, 'person:read'),
      projectVerdict(answer),
    ]).toEqual(verdicts);
  },
);

describe('Probes', () => {
  test.each(POSTHOG_SCOPES)(
    'A probe of %s changes nothing: it is a GET, a query, or a POST without a body that PostHog has no method for',
    async (scope) => {
      const sent: UpstreamRequest[] = [];
      const client: Pick<PostHogClient, 'ask'> = {
        ask: (request) => {
          sent.push(request);
          return Promise.resolve(said(200, {}));
        },
      };
      await probe(client, ProjectId.parse(7), scope, 'req_1');
      expect(sent).toHaveLength(1);
      expect(sent[0]).toMatchObject({ projectId: 7 });
      if (scope === 'query:read') {
        expect(sent[0]).toMatchObject({
          resource: 'query',
          body: { query: { kind: 'ActorsQuery', limit: 1 } },
        });
        return;
      }
      expect(sent[0]).toMatchObject({ body: null });
      if (sent[0]?.method !== 'GET')
        expect(sent[0]).toMatchObject({ method: 'POST', segments: [], query: [] });
    },
  );
});
