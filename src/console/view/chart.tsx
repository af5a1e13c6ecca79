/** Charts of counts over time, as SVG without a script. Colours come from the style sheet. */
import { count } from './text.tsx';

/** One column of a chart: what it stands for, and its parts from the bottom up. */
export interface Bar {
  /** When it is, in words. */
  readonly label: string;
  readonly parts: readonly number[];
}

interface ChartOptions {
  readonly bars: readonly Bar[];
  /** What each part of a bar is, as a class of the style sheet. */
  readonly series: readonly string[];
  /** What the chart says, for who does not see it. */
  readonly says: string;
  readonly height: number;
}

/** Units of the drawing for one bar, and for the gap after it. */
const BAR = 8;
const GAP = 2;

const total = ({ parts }: Bar): number => parts.reduce((sum, part) => sum + part, 0);
export const highest = (bars: readonly Bar[]): number => Math.max(0, ...bars.map(total));

/** Bars side by side, as wide as the place they have. */
export function Bars({ bars, series, says, height }: ChartOptions) {
  const top = highest(bars);
  const width = bars.length * (BAR + GAP) - GAP;
  return (
    <svg
      class="bars"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={says}
    >
      <line class="bars-floor" x1={0} x2={width} y1={height - 0.5} y2={height - 0.5} />
      {bars.map((bar, at) => (
        <g>
          <title>{`${bar.label}: ${bar.parts.map(count).join(' / ')}`}</title>
          {stacked(bar, top, height).map(({ y, size, part }) => (
            <rect class={series[part]} x={at * (BAR + GAP)} y={y} width={BAR} height={size} />
          ))}
        </g>
      ))}
    </svg>
  );
}

/** What is not nothing is drawn at least so high, and can be seen beside a high bar. */
const HEIGHT_MIN = 1.5;

function stacked(bar: Bar, top: number, height: number): { y: number; size: number; part: number }[] {
  let floor = height;
  return bar.parts.flatMap((value, part) => {
    if (value === 0 || top === 0) return [];
    const size = Math.min(floor, Math.max(HEIGHT_MIN, (value / top) * (height - 1)));
    floor -= size;
    return [{ y: round(floor), size: round(size), part }];
  });
}

const round = (value: number): number => Math.round(value * 100) / 100;

interface LegendOptions {
  readonly entries: readonly { readonly series: string; readonly text: string; readonly value: number }[];
}

/** What the colours mean, with the sum of each. */
export function Legend({ entries }: LegendOptions) {
  return (
    <ul class="legend">
      {entries.map(({ series, text, value }) => (
        <li>
          <span class={`swatch ${series}`} aria-hidden="true"></span>
          {text} <strong>{count(value)}</strong>
        </li>
      ))}
    </ul>
  );
}

interface MeterOptions {
  readonly value: number;
  readonly of: number;
  readonly says: string;
  /** Much of it is nothing to worry about. */
  readonly isProgress?: boolean;
}

/** How much of something is used, or done. */
export function Meter({ value, of, says, isProgress = false }: MeterOptions) {
  const share = of === 0 ? 0 : Math.min(1, value / of);
  const tone = isProgress || share < 0.75 ? 'meter-good' : share < 0.9 ? 'meter-warning' : 'meter-bad';
  return (
    <svg class="meter" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label={says}>
      <rect class="meter-floor" width={100} height={6} />
      <rect class={tone} width={round(share * 100)} height={6} />
    </svg>
  );
}
