/** What the routes of a tenant's own web origins are for. */
import { pageOf } from '../listing.ts';
import type { RouteDocumentation } from '../route-documentation.ts';
import { OriginChange, OwnOrigins } from './origins.ts';

const NOT_LISTED =
  'Pages are refused, and tokens that list origins or descend from one that does: 403 `own_origins_not_granted`.';

export const ORIGIN_DOCUMENTATION = {
  get_origins: {
    summary: 'See the web origins that the tenant added itself, and what it may add',
    description: NOT_LISTED,
    reply: OwnOrigins(),
  },
  put_origins: {
    summary: 'Replace the web origins that the tenant added itself',
    description:
      'Within `own_origins` of the record (403 `own_origins_not_granted`): https origins, and patterns that lie within one of the ' +
      `record's. They hold for every token that lists no origins, from the answer on; so does taking one away. ${NOT_LISTED}`,
    reply: OwnOrigins(),
    example: { origins: ['https://preview-12.acme.example'] },
  },
  start_development: {
    summary: 'Let pages on localhost use the tokens of the tenant for a while',
    description:
      'Pages of `http://localhost`, `http://127.0.0.1`, `http://[::1]` and `https://localhost`, at any port, with every token that lists no ' +
      `origins. Eight hours unless \`seconds\` says otherwise, seven days at most; again begins anew. ${NOT_LISTED}`,
    reply: OwnOrigins(),
    example: { seconds: 3600 },
  },
  end_development: {
    summary: 'End the development mode before its time',
    description: `Again is no error. ${NOT_LISTED}`,
    reply: OwnOrigins(),
  },
  admin_get_origins: {
    summary: 'See the web origins that a tenant added itself',
    description: 'None is in force beyond `own_origins` of its record.',
    reply: OwnOrigins(),
  },
  admin_list_origin_changes: {
    summary: 'List how a tenant changed its own web origins',
    description: 'Newest first. The last 500 are kept, those of earlier registrations among them.',
    reply: pageOf(OriginChange()),
  },
} as const satisfies Readonly<Record<string, RouteDocumentation>>;
