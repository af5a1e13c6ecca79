/** A tenant's record, as people and programs are shown it. */
import type { Tenant } from '../../../client/index.ts';
import { outJson } from '../../output/json.ts';
import { facts } from '../../output/table.ts';
import type { Cli } from '../../session/session.ts';
import { deletesText, listText, ownOriginsText, propertiesText, rateText, slicesText } from '../words.ts';

export async function outTenant({ terminal, options }: Cli, tenant: Tenant): Promise<void> {
  if (options().json === true) return outJson(terminal, tenant);
  const { slice, properties, deletes, reads } = tenant;
  const remembered = reads.remember_seconds;
  return terminal.out(
    facts(
      [
        ['tenant', tenant.tenant],
        ['name', tenant.name],
        ['state', tenant.suspended ? 'suspended' : 'in force'],
        ['project', tenant.project_id],
        ['scopes', listText(tenant.scopes)],
        ['slice', slicesText(slice === undefined ? [] : [slice])],
        ['properties', propertiesText({ hidden: [], visible: null, distinct_ids: 'visible', ...properties })],
        ['rate', rateText(tenant.rate)],
        ['weight', tenant.weight],
        ['reads', remembered === 0 ? 'asked each time' : `remembered for ${remembered} s`],
        ['deletes', deletesText(deletes)],
        ['ids kept', deletes.keep_ids_days === undefined ? 'for ever' : `${deletes.keep_ids_days} days`],
        ['splits', tenant.split_out_of_slice ? 'may leave the slice' : 'stay in the slice'],
        ['origins', listText(tenant.origins)],
        ['may add origins', ownOriginsText(tenant.own_origins)],
        ['registration', tenant.registration],
        ['registered', tenant.created_at],
        ['changed', tenant.updated_at],
      ],
      terminal.style,
    ),
  );
}
