/** Requests of a tenant over time, by how they were answered. */
import type { Grain, UsageSum } from '../../gateway/usage.ts';
import { Bars, highest, Legend } from '../../view/chart.tsx';
import { Empty, Section, Table } from '../../view/parts.tsx';
import { clock, count, counted, dayOf } from '../../view/text.tsx';

interface UsageChartOptions {
  readonly id: string;
  readonly title: string;
  readonly usage: UsageSum;
  readonly grain: Grain;
}

const HEIGHT = 96;
const COLUMNS = (grain: Grain) => [
  { text: grain === 'hour' ? 'Hour (UTC)' : 'Day (UTC)' },
  { text: 'Answered', number: true },
  { text: 'Refused', number: true },
  { text: 'Persons deleted', number: true },
];

export function UsageChart({ id, title, usage, grain }: UsageChartOptions) {
  const labelOf = grain === 'hour' ? clock : dayOf;
  const bars = usage.periods.map(({ startsMs, admitted, refused }) => ({
    label: labelOf(startsMs),
    parts: [admitted, refused],
  }));
  const says = `${title}: ${counted(usage.admitted, 'request')} answered, ${count(usage.refused)} refused`;
  const [first, last] = [usage.periods[0], usage.periods.at(-1)];
  return (
    <Section title={title} id={id} live>
      <Legend
        entries={[
          { series: 'series-admitted', text: 'answered', value: usage.admitted },
          { series: 'series-refused', text: 'refused', value: usage.refused },
          { series: 'series-deleted', text: 'persons deleted', value: usage.deleted },
        ]}
      />
      <div class="chart">
        <span class="chart-top muted">{count(highest(bars))}</span>
        <Bars bars={bars} series={['series-admitted', 'series-refused']} height={HEIGHT} says={says} />
        <div class="chart-foot muted">
          <span>{first === undefined ? '' : labelOf(first.startsMs)}</span>
          <span>{last === undefined ? '' : labelOf(last.startsMs)}</span>
        </div>
      </div>
      {usage.isCut && (
        <Empty>There were more tokens than are added up here: these numbers are too low.</Empty>
      )}
      <details class="numbers">
        <summary>As a table</summary>
        <Table caption={`${title}, in numbers`} columns={COLUMNS(grain)}>
          {usage.periods.map(({ startsMs, admitted, refused, deleted }) => (
            <tr>
              <th scope="row">{labelOf(startsMs)}</th>
              <td class="number">{count(admitted)}</td>
              <td class="number">{count(refused)}</td>
              <td class="number">{count(deleted)}</td>
            </tr>
          ))}
        </Table>
      </details>
    </Section>
  );
}
