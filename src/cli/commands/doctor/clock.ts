import type { Finding } from './finding.ts';

/** More than a slow answer explains. */
const SECONDS_MAX = 30;

/** This machine's clock beside the gateway's: no finding where its answers have no date, as those of a local one. */
export function clockFindings({ headers }: Response, nowMs: number): readonly Finding[] {
  const date = Date.parse(headers.get('date') ?? '');
  if (Number.isNaN(date)) return [];
  const seconds = Math.round(Math.abs(nowMs - date) / 1000);
  const good = seconds <= SECONDS_MAX;
  const says = good
    ? "This machine's clock agrees with the gateway's."
    : `This machine's clock is ${seconds} s off the gateway's: times that you give, and ends of tokens that you read, are off by as much.`;
  return [{ area: 'gateway', name: 'your clock', good, says }];
}
