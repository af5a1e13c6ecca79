/** How the gateway's own records look on the wire. */
import type { Grant } from '../../policy/grant.ts';
import { writeSlice } from '../../policy/slice.ts';

/** An effective grant, as grants are written. All of `slices` must hold; empty means the whole project. */
export const grantView = (grant: Grant) => ({
  project_id: grant.project_id,
  scopes: grant.scopes,
  slices: grant.slices.map(writeSlice),
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
