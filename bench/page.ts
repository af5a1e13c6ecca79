/** The page every target serves: persons as PostHog lists them, about 20 KB, with a `next` on PostHog's own host. */
export const ROWS = 52;

/** The path of it, at the upstream and through every target. */
export const PATH = '/api/projects/1/persons/';

const uuidOf = (i: number): string => `0190c0de-0000-7000-8000-${String(i).padStart(12, '0')}`;

const row = (i: number) => ({
  type: 'person',
  id: uuidOf(i),
  name: `person${i}@acme.test`,
  distinct_ids: [`person${i}@acme.test`, uuidOf(i + 1_000_000)],
  properties: {
    email: `person${i}@acme.test`,
    plan: i % 3 === 0 ? 'pro' : 'free',
    tenant: 'acme',
    $browser: 'Firefox',
    $geoip_city_name: 'Köln',
    seats: i,
  },
  created_at: '2026-01-05T10:00:00Z',
  uuid: uuidOf(i),
  last_seen_at: null,
});

export const PAGE = JSON.stringify({
  next: `https://posthog.internal${PATH}?limit=100&offset=100`,
  previous: null,
  results: Array.from({ length: ROWS }, (_, i) => row(i)),
});
