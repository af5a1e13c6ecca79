/** How far a read may be shared with other requests: by what the grant shows, the tenant's record, and the client's wish. */
import type { Grant } from '../../policy/grant.ts';
import type { Sharing } from '../../upstream/shared/reads.ts';
import type { Admitted } from '../admission.ts';

export function sharingOf({ grant, tenant }: Admitted, headers: Headers): Sharing {
  const wish = wishOf(headers.get('cache-control'));
  const secondsMax = Math.min(tenant.reads.remember_seconds, wish.ageSecondsMax);
  return { shownBy: shownBy(grant), ageMsMax: secondsMax * 1000, whileAsked: wish.whileAsked };
}

/** Everything of a grant that decides what its answers show. Lists are compared as sets. */
const shownBy = ({ slices, hidden, visible, distinct_ids_hidden }: Grant): string =>
  JSON.stringify([
    slices.map((slice) => JSON.stringify(slice)).toSorted(),
    hidden.toSorted(),
    visible?.toSorted() ?? null,
    distinct_ids_hidden,
  ]);

interface Wish {
  readonly ageSecondsMax: number;
  readonly whileAsked: Sharing['whileAsked'];
}

/** `no-cache` and `no-store` ask PostHog anew; `max-age` takes no answer that is older (RFC 9111 §5.2.1). */
function wishOf(header: string | null): Wish {
  const directives = (header ?? '')
    .toLowerCase()
    .split(',')
    .map((part) => part.trim());
  if (directives.includes('no-cache') || directives.includes('no-store'))
    return { ageSecondsMax: Number.POSITIVE_INFINITY, whileAsked: 'anew' };
  const ages = directives.flatMap((part) => /^max-age="?(\d{1,9})"?$/.exec(part)?.[1] ?? []).map(Number);
  return { ageSecondsMax: Math.min(...ages), whileAsked: 'join' };
}
