/** What answers to the questions of the check say of endpoints and generations. */
import { describe, expect, test } from 'vitest';
import { GENERATIONS } from '../../../src/catalogue/generation.ts';
import { interpret, type Interpretation } from '../../../src/upstream/interpret.ts';
import { endpointVerdict, generationsFrom, rowsIn } from '../../../src/upstream/probe/questions.ts';
import { scrubsOf } from '../../../src/upstream/scrub.ts';

const SCRUBS = scrubsOf({ origin: 'https://eu.posthog.example', key: 'phx_the-key-nobody-sees' });
const said = (status: number, json: unknown): Interpretation =>
  interpret({ status, text: JSON.stringify(json), retryAfterSeconds: null }, SCRUBS);
const refusal = (status: number, code: string, detail: string) => said(status, { code, detail, attr: null });

describe('The verdict on an endpoint', () => {
  test.each<[string, Interpretation, boolean | null]>([
    ['a page', said(200, { results: [] }), true],
    ['a refusal of its arguments', refusal(400, 'invalid_input', 'events are missing'), true],
    [
      'a person that is none',
      refusal(400, 'invalid_input', 'The ID provided does not look like a personID.'),
      false,
    ],
    [
      'a key that no scope opens it to',
      refusal(403, 'permission_denied', 'This action does not support it'),
      true,
    ],
    [
      'a missing scope',
      refusal(403, 'permission_denied', "API key missing required scope 'person:read'"),
      null,
    ],
    ['a failure', said(500, {}), null],
  ])('The verdict on an endpoint that answers %s is as it has to be', (_, answer, verdict) => {
    expect(endpointVerdict(answer)).toBe(verdict);
  });

  test.each([
    [null, null, GENERATIONS],
    [false, null, ['A']],
    [false, true, ['A']],
    [true, true, ['B']],
    [true, false, ['B', 'C']],
    [true, null, ['B', 'C']],
  ] as const)(
    'A PostHog with the newer endpoint %s and the older %s is of %j',
    (newer, older, generations) => {
      expect(generationsFrom(newer, older)).toEqual(generations);
    },
  );

  test('Rows are those of a list, and none of anything else', () => {
    expect(rowsIn(said(200, { results: [{ uuid: 'x' }, 'odd'] }))).toEqual([{ uuid: 'x' }]);
    for (const odd of [said(200, []), said(200, { results: 'x' }), said(404, {}), said(500, {})])
      expect(rowsIn(odd)).toEqual([]);
  });
});
