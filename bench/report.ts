/** What a run found out: as figures to keep and as a table to read. */
import type { Sample, Samples } from './measure.ts';
import { shown, spreadOf, type Spread } from './statistics.ts';

/** What the ratios are to. */
export const BASE = 'bare workerd';

/** Aims of the project, printed beside what was measured. Nothing fails by them. */
const AIMS = {
  requestsMin: 0.65,
  cpuMax: 1.6,
  hopRequestsMin: 0.42,
  rememberedRequestsMin: 1.3,
  gzipBytesMax: 80_000,
  startOverMsMax: 20,
  slicedMsMax: 15,
  redactedMsMax: 18,
} as const;

export interface Row {
  readonly target: string;
  readonly requestsPerSecond: Spread;
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
  readonly cpuMicros: Spread | null;
  /** Of the samples of the same round: what slows a round down is in both and falls out. */
  readonly requestsToBase: Spread;
  readonly cpuToBase: Spread | null;
  readonly failures: number;
}

export function rowsOf(samples: Samples): Row[] {
  const base = samples.get(BASE) ?? [];
  return [...samples].map(([target, own]) => {
    const of = (pick: (sample: Sample) => number): Spread => spreadOf(own.map(pick));
    const cpu = own.flatMap(({ cpuMicros }) => cpuMicros ?? []);
    const ratios = own.flatMap((sample, i) => ratioOf(sample, base[i]));
    const cpuRatios = ratios.flatMap((ratio) => ratio.cpu ?? []);
    return {
      target,
      requestsPerSecond: of((sample) => sample.requestsPerSecond),
      p50Ms: of((sample) => sample.p50Ms),
      p99Ms: of((sample) => sample.p99Ms),
      cpuMicros: cpu.length === 0 ? null : spreadOf(cpu),
      requestsToBase: spreadOf(ratios.map((ratio) => ratio.requests)),
      cpuToBase: cpuRatios.length === 0 ? null : spreadOf(cpuRatios),
      failures: own.reduce((sum, sample) => sum + sample.failures, 0),
    };
  });
}

function ratioOf(sample: Sample, base: Sample | undefined): { requests: number; cpu: number | null }[] {
  // Under a heavy neighbour a second can pass without a single answer; nothing can be held against that.
  if (base === undefined || base.requestsPerSecond === 0) return [];
  const cpu = sample.cpuMicros === null || base.cpuMicros === null ? null : sample.cpuMicros / base.cpuMicros;
  return [{ requests: sample.requestsPerSecond / base.requestsPerSecond, cpu }];
}

const HEAD = ['target', 'req/s', `÷ ${BASE}`, 'p50 ms', 'p99 ms', 'CPU µs/req', `÷ ${BASE}`];

/** One set of measurements as a Markdown table below its title, columns aligned. */
export function tableOf(title: string, rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.target,
    shown(row.requestsPerSecond, 0),
    row.requestsToBase.median.toFixed(2),
    shown(row.p50Ms, 2),
    shown(row.p99Ms, 1),
    row.cpuMicros === null ? '–' : shown(row.cpuMicros, 0),
    row.cpuToBase === null ? '–' : row.cpuToBase.median.toFixed(2),
  ]);
  const widths = HEAD.map((name, i) => Math.max(name.length, ...cells.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  const failed = rows.filter((row) => row.failures > 0).map((row) => `${row.target} ${row.failures}`);
  return [
    `\n${title}`,
    '',
    line(HEAD),
    rule,
    ...cells.map(line),
    ...(failed.length === 0 ? [] : [`Answers that were not 2xx, or did not come: ${failed.join(', ')}.`]),
  ].join('\n');
}

export const aimsText = (): string =>
  `Aims: at least ${AIMS.requestsMin} of ${BASE}'s requests per second at most ${AIMS.cpuMax} times its CPU, ` +
  `${AIMS.hopRequestsMin} with a hop each, ${AIMS.rememberedRequestsMin} with remembered answers, ` +
  `a sliced page of 2 MB in at most ${AIMS.slicedMsMax} ms of CPU, a redacted one in ${AIMS.redactedMsMax}, ` +
  `a bundle below ${AIMS.gzipBytesMax / 1000} KB gzip, a first answer at most ${AIMS.startOverMsMax} ms after an empty Worker's.`;

/** What starts took, and how much longer than those of the first Worker, each beside the one of the same round. */
export function startsText(starts: ReadonlyMap<string, readonly number[]>): string {
  const [base = []] = starts.values();
  return [...starts]
    .map(([name, each]) => {
      const over = spreadOf(each.map((ms, i) => ms - (base[i] ?? ms)));
      return `${name}: ${shown(spreadOf(each), 1)} ms from the start of the process to its first 200, ${over.median.toFixed(1)} ms over`;
    })
    .join('\n');
}
