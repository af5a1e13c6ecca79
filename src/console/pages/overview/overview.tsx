/** The first page: what is going on at the gateway, and what waits for somebody. */
import type { Page, Show, Visit } from '../../page.ts';
import { registering } from '../tenant/register.tsx';
import { Alarms } from './alarms.tsx';
import { openDeletions, OpenDeletions } from './open-deletions.tsx';
import { Quotas } from './quotas.tsx';
import { tenantRows, TenantTable } from './tenant-table.tsx';

export const overview: Show = async (visit: Visit): Promise<Page> => {
  const { gateway, nowMs, operator } = visit;
  const [listed, upstream, fuse, open] = await Promise.all([
    tenantRows(visit),
    gateway.GET('/admin/v1/upstream'),
    gateway.GET('/admin/v1/fuse'),
    openDeletions(gateway),
  ]);
  return {
    kind: 'page',
    title: 'Overview',
    area: 'overview',
    actions: registering(operator),
    body: (
      <>
        <Alarms fuse={fuse.data} open={open} upstream={upstream.data} nowMs={nowMs} />
        <TenantTable listed={listed} visit={visit} />
        <div class="columns">
          <OpenDeletions open={open} nowMs={nowMs} />
          <Quotas upstream={upstream.data} />
        </div>
      </>
    ),
  };
};
