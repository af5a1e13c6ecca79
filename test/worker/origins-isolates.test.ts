/** An own origin that is taken away lets no page in at any isolate, from the answer on: leases do not outlive it. */
import { describe, expect, test } from 'vitest';
import { clientOf, together } from '../support/client.ts';
import { startIsolates } from '../support/isolates/workers.ts';

const { origins, send, admin, tenants } = await startIsolates(3);
const sends = origins.map((origin) => clientOf(origin));

const PREVIEW = 'https://acme-7.vercel.app';
const OWN = { max: 1, patterns: ['https://acme-*.vercel.app'], localhost: true };
const ROUNDS = 2;

type Step = (tenant: string, token: string) => Promise<unknown>;

const list = (token: string, own: readonly string[]) =>
  send('PUT', '/v1/origins', { token, json: { origins: own } });

const TAKEN: readonly (readonly [string, string, Step, Step])[] = [
  ['taken out of the list', PREVIEW, (_, token) => list(token, OWN.patterns), (_, token) => list(token, [])],
  [
    'no longer allowed by the record',
    PREVIEW,
    async (tenant, token) => {
      await admin('PATCH', `/${tenant}`, { own_origins: OWN });
      await list(token, [PREVIEW]);
    },
    (tenant) => admin('PATCH', `/${tenant}`, { own_origins: { max: 0 } }),
  ],
  [
    'on localhost, whose development mode is ended',
    'http://localhost:3000',
    (_, token) => send('PUT', '/v1/origins/development', { token, json: {} }),
    (_, token) => send('DELETE', '/v1/origins/development', { token }),
  ],
];

describe('Own origins over three isolates', () => {
  test.each(TAKEN)('A page that is %s is let in by no isolate, once that is answered', async (...row) => {
    const [, origin, add, take] = row;
    const { tenant, token } = await tenants.fresh({ own_origins: OWN });
    const page = await tenants.mint(tenant);
    /** How a page is answered, so often at every isolate. */
    const asked = async (times: number) => {
      const calls = sends.flatMap((one) => Array.from({ length: times }, () => one));
      const answers = await together(calls, (one) =>
        one('GET', '/v1/whoami', { token: page.token, headers: { origin } }),
      );
      return new Set(answers.map(({ status }) => status));
    };
    for (let round = 0; round < ROUNDS; round += 1) {
      // oxlint-disable no-await-in-loop -- Each round begins where the one before ended.
      await add(tenant, token);
      expect(await asked(40)).toEqual(new Set([200]));
      await take(tenant, token);
      expect(await asked(10)).toEqual(new Set([403]));
      // oxlint-enable no-await-in-loop
    }
  });
});
