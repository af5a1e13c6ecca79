/** Alarms as they were raised: what each means, what to do, and whether the webhook was told. */
import { pathTo } from '../../page.ts';
import { deliveryWords, kindWords, stepOf, type Alarm } from '../../words/alarm.ts';
import { Badge } from '../../view/parts.tsx';
import { Ago, counted, Name } from '../../view/text.tsx';

interface AlarmListOptions {
  readonly alarms: readonly Alarm[];
  readonly nowMs: number;
}

export const AlarmList = ({ alarms, nowMs }: AlarmListOptions) => (
  <ul class="alarm-list">
    {alarms.map((alarm) => (
      <Row alarm={alarm} nowMs={nowMs} />
    ))}
  </ul>
);

function Row({ alarm, nowMs }: { readonly alarm: Alarm; readonly nowMs: number }) {
  const { kind, tenant, at, count, message } = alarm;
  const { text, tone } = kindWords(kind);
  const delivery = deliveryWords(alarm, nowMs);
  return (
    <li>
      <div class="alarm-head">
        <Badge tone={tone}>{text}</Badge>
        {tenant !== null && (
          <a href={pathTo('tenants', tenant)}>
            <Name>{tenant}</Name>
          </a>
        )}
        <span class="muted">
          <Ago at={at} nowMs={nowMs} />
          {count > 1 && <>, {counted(count, 'time')}</>}
        </span>
        <span class="alarm-delivery">
          <Badge tone={delivery.tone}>{delivery.text}</Badge>
        </span>
      </div>
      <p>
        <bdi>{message}</bdi> <NextStep alarm={alarm} />
      </p>
    </li>
  );
}

function NextStep({ alarm }: { readonly alarm: Alarm }) {
  const step = stepOf(alarm);
  if (step === null) return null;
  return step.kind === 'page' ? (
    <a href={step.href}>{step.text}</a>
  ) : (
    <>
      <code>{step.command}</code> finds out more.
    </>
  );
}
