/** The first page: what is going on at the gateway, and what waits for somebody. */
import type { Page, Show, Visit } from '../../page.ts';
import { registering } from '../tenant/register.tsx';
import { Alarms, recentAlarms } from './alarms.tsx';
import { Attention } from './attention.tsx';
import { openDeletions, OpenDeletions } from './open-deletions.tsx';
import { Quotas } from './quotas.tsx';
import { tenantRows, TenantTable } from './tenant-table.tsx';

export const overview: Show = async (visit: Visit): Promise<Page> => {
  const { gateway, nowMs, operator } = visit;
  const [listed, upstream, fuse, open, recent] = await Promise.all([
    tenantRows(visit),
    gateway.GET('/admin/v1/upstream'),
    gateway.GET('/admin/v1/fuse'),
    openDeletions(gateway),
    recentAlarms(gateway, nowMs),
  ]);
  const alarms = <Alarms recent={recent} operator={operator} nowMs={nowMs} />;
  const isAlarmed = recent.shown.length > 0;
  return {
    kind: 'page',
    title: 'Overview',
    area: 'overview',
    actions: registering(operator),
    body: (
      <>
        <Attention fuse={fuse.data} open={open} upstream={upstream.data} nowMs={nowMs} />
        {isAlarmed && alarms}
        <TenantTable listed={listed} visit={visit} />
        <div class="columns">
          <OpenDeletions open={open} nowMs={nowMs} />
          <Quotas upstream={upstream.data} />
        </div>
        {!isAlarmed && alarms}
      </>
    ),
  };
};
