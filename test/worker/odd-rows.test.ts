/** Rows that cannot be looked at: each kind, in each format, under each kind of grant. */
import { afterAll, describe, expect, test } from 'vitest';
import { startFakePostHog } from '../support/fake-posthog.ts';
import { startStack } from '../support/stack.ts';
import { until } from '../support/client.ts';

const posthog = await startFakePostHog();
afterAll(() => posthog.stop());
const { send, tenants, recorder } = await startStack({ upstream: async () => posthog.origin });

const OWN = '"properties":{"tenant_id":"acme"}';
const FIRST = `{"uuid":"first",${OWN}}`;
const LAST = `{"uuid":"last",${OWN}}`;
const LARGE = 'x'.repeat(2_097_152);

const FORMATS = ['json', 'csv'] as const;
const KINDS = [
  { kind: 'is above 2 MiB', row: `{"uuid":"odd",${OWN},"a":"${LARGE}"}`, inTable: false },
  { kind: 'is above 2 MiB and no JSON', row: `{"uuid":"odd",${OWN},"a":tru "${LARGE}"}`, inTable: false },
  {
    kind: 'is nested above 200 levels',
    row: `{"uuid":"odd",${OWN},"a":${'['.repeat(201)}${']'.repeat(201)}}`,
    inTable: true,
  },
  { kind: 'names a member twice', row: `{"uuid":"other","uuid":"odd",${OWN}}`, inTable: true },
  {
    kind: 'names a property twice',
    row: '{"uuid":"odd","properties":{"tenant_id":"acme","tenant_id":"birch"}}',
    inTable: true,
  },
];
const GRANTS = [
  { grant: 'the whole project', record: {}, whole: true },
  { grant: 'a slice', record: { slice: { property: 'tenant_id', value: 'acme' } }, whole: false },
  { grant: 'a property rule', record: { properties: { hidden: ['email'] } }, whole: false },
];
const CASES = KINDS.flatMap((odd) =>
  GRANTS.flatMap((grant) => FORMATS.map((format) => [odd.kind, format, grant.grant, odd, grant] as const)),
);

describe('A page with one odd row', () => {
  test.for(CASES)(
    'A row that %s, in %s under %s, breaks no page and is passed on or counted',
    async ([, format, , { row, inTable }, { record, whole }]) => {
      posthog.responds(() => ({ text: `{"next":null,"previous":null,"results":[${FIRST},${row},${LAST}]}` }));
      const { token } = await tenants.fresh(record);
      const answer = await send('GET', `/api/projects/1/persons/?format=${format}`, { token });
      expect(answer.status).toBe(200);
      expect(answer.text).toContain('first');
      expect(answer.text).toContain('last');
      const goesOut = whole && (format === 'json' || inTable);
      expect(answer.text.includes('odd')).toBe(goesOut);
      if (goesOut && format === 'json') expect(answer.text).toContain(row);
      const line = await until('the log line is there', () =>
        recorder.lines.find((text) => text.includes(answer.headers['x-request-id'] ?? '?')),
      );
      expect(line.includes('"dropped_rows":1')).toBe(!goesOut);
      expect(line).not.toContain('foreign_rows');
    },
  );
});
