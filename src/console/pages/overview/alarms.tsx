/** The alarms of the last days that need somebody, or that nobody was told of. */
import { includesRole } from '../../../core/operators.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import type { SignedIn } from '../../page.ts';
import { needsSomebody, type Alarm } from '../../words/alarm.ts';
import { Empty, Section } from '../../view/parts.tsx';
import { counted } from '../../view/text.tsx';
import { AlarmList } from '../alarms/alarm-list.tsx';
import { TestButton } from '../alarms/alarms.tsx';

const DAYS = 7;
const DAY_MS = 86_400_000;
/** Alarms that are looked through: deletions that ended well are most of them. */
const READ = 200;
const SHOWN = 6;

export interface RecentAlarms {
  /** The newest that need somebody. */
  readonly shown: readonly Alarm[];
  /** How many more do, as far as was looked. */
  readonly more: number;
}

export async function recentAlarms(gateway: Gateway, nowMs: number): Promise<RecentAlarms> {
  const since = new Date(nowMs - DAYS * DAY_MS).toISOString();
  const { data } = await gateway.GET('/admin/v1/alarms', { params: { query: { since, limit: READ } } });
  const needed = data.results.filter(needsSomebody);
  return { shown: needed.slice(0, SHOWN), more: Math.max(0, needed.length - SHOWN) };
}

interface AlarmsOptions {
  readonly recent: RecentAlarms;
  readonly operator: SignedIn;
  readonly nowMs: number;
}

export function Alarms({ recent: { shown, more }, operator, nowMs }: AlarmsOptions) {
  return (
    <Section
      title="Alarms"
      id="alarms"
      aside={<a href="/alarms">{more === 0 ? 'All alarms' : counted(more, 'more alarm')}</a>}
      live
    >
      {shown.length === 0 ? (
        <Empty>Within {DAYS} days nothing was noticed that needs somebody.</Empty>
      ) : (
        <AlarmList alarms={shown} nowMs={nowMs} />
      )}
      {includesRole(operator.role, 'operator') && (
        <div class="actions">
          <TestButton operator={operator} />
        </div>
      )}
    </Section>
  );
}
