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
const LIMIT_BYTES = 2_097_152;

/** A row of so many bytes. */
const sized = (bytes: number, members: string): string => {
  const row = (text: string) => `{"uuid":"odd",${OWN},${members},"text":"${text}"}`;
  return row('x'.repeat(bytes - row('').length));
};
const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

const FORMATS = ['json', 'csv'] as const;
/** In both formats alike; `whole` is where the whole project is granted. */
type GoesOut = 'always' | 'whole' | 'never';
const KINDS: readonly { readonly kind: string; readonly row: string; readonly goesOut: GoesOut }[] = [
  { kind: 'is just below 2 MiB', row: sized(LIMIT_BYTES - 1, '"a":1'), goesOut: 'always' },
  { kind: 'is 2 MiB', row: sized(LIMIT_BYTES, '"a":1'), goesOut: 'always' },
  { kind: 'is just above 2 MiB', row: sized(LIMIT_BYTES + 1, '"a":1'), goesOut: 'never' },
  { kind: 'is above 8 MiB', row: sized(8_388_609, '"a":1'), goesOut: 'never' },
  { kind: 'is 2 MiB and no JSON', row: sized(LIMIT_BYTES, '"a":tru'), goesOut: 'never' },
  { kind: 'is above 2 MiB and no JSON', row: sized(LIMIT_BYTES + 1, '"a":tru'), goesOut: 'never' },
  { kind: 'has a number that is none', row: `{"uuid":"odd",${OWN},"a":NaN}`, goesOut: 'never' },
  { kind: 'has a comma too many', row: `{"uuid":"odd",${OWN},}`, goesOut: 'never' },
  {
    kind: 'is nested above 200 levels',
    row: `{"uuid":"odd",${OWN},"a":${deep(201)}}`,
    goesOut: 'whole',
  },
  {
    kind: 'is nested above 200 levels and 2 MiB',
    row: sized(LIMIT_BYTES, `"a":${deep(201)}`),
    goesOut: 'whole',
  },
  {
    kind: 'is nested above 200 levels and no JSON',
    row: `{"uuid":"odd",${OWN},"a":[${deep(201)},]}`,
    goesOut: 'never',
  },
  { kind: 'names a member twice', row: `{"uuid":"other","uuid":"odd",${OWN}}`, goesOut: 'whole' },
  {
    kind: 'names a property twice',
    row: '{"uuid":"odd","properties":{"tenant_id":"acme","tenant_id":"birch"}}',
    goesOut: 'whole',
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
    async ([, format, , odd, { record, whole }]) => {
      const { row } = odd;
      posthog.responds(() => ({ text: `{"next":null,"previous":null,"results":[${FIRST},${row},${LAST}]}` }));
      const { token } = await tenants.fresh(record);
      const answer = await send('GET', `/api/projects/1/persons/?format=${format}`, { token });
      expect(answer.status).toBe(200);
      expect(answer.text).toContain('first');
      expect(answer.text).toContain('last');
      const goesOut = odd.goesOut === 'always' || (odd.goesOut === 'whole' && whole);
      expect(answer.text.includes('odd')).toBe(goesOut);
      if (format === 'json') {
        const uuids = (JSON.parse(answer.text) as { results: { uuid: string }[] }).results.map(
          ({ uuid }) => uuid,
        );
        expect(uuids).toEqual(goesOut ? ['first', 'odd', 'last'] : ['first', 'last']);
        if (goesOut && whole) expect(answer.text.includes(row)).toBe(true);
      }
      const line = await until('the log line is there', () =>
        recorder.lines.find((text) => text.includes(answer.headers['x-request-id'] ?? '?')),
      );
      expect(line.includes('"dropped_rows":1')).toBe(!goesOut);
      expect(line).not.toContain('foreign_rows');
    },
  );
});
