/** How the gateway's own records look on the wire. */
import type { Grant } from '../../policy/grant.ts';

/** An effective grant, in the words it is written in. `slices` must all hold; empty means the whole project. */
export const grantView = (grant: Grant) => ({
  project_id: grant.project_id,
  scopes: grant.scopes,
  slices: grant.slices,
  properties: {
    hidden: grant.hidden,
    visible: grant.visible,
    distinct_ids: grant.distinct_ids_hidden ? 'hidden' : 'visible',
  },
  split_out_of_slice: grant.split_out_of_slice,
  rate: grant.rate,
  deletes: grant.deletes,
  origins: grant.origins,
});
