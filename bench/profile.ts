/** `npm run bench -- --profile`: where the CPU of the gateway goes while it is under load, function by function. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { gatewaySetup, mintToken, type Bundle, type PostHog } from './gateway.ts';
import { Inspector } from './inspector.ts';
import { load } from './load.ts';
import { ROWS } from './page.ts';
import { askOf, checkServes, warmUp, type Target } from './measure.ts';
import { stop } from './process.ts';
import { startInspected } from './workerd.ts';

const Frame = z.object({ functionName: z.string(), lineNumber: z.int() });
const Profile = z.looseObject({
  nodes: z.array(z.object({ id: z.int(), callFrame: Frame, children: z.array(z.int()).optional() })),
  samples: z.array(z.int()),
});

const Stopped = z.object({ profile: Profile });
type Profile = z.output<typeof Profile>;

const CONNECTIONS = 16;
const INTERVAL_MICROS = 200;
const SHOWN = 40;

/** A gateway that runs, with an inspector, and what it is to be asked. */
export interface Inspected {
  readonly target: Target;
  /** Persons of the page it serves. */
  readonly rows: number;
  readonly inspector: string;
  /** Ends the server behind it. */
  readonly close: () => void;
}

/** One that serves the page of every target. */
export async function startInspectedReads(
  folder: string,
  { name, code }: Bundle,
  postHog: PostHog,
): Promise<Inspected> {
  const served = await startInspected(mkdtempSync(join(folder, 'profile-')), gatewaySetup(code, postHog));
  const token = await mintToken(served.origin);
  const target: Target = { name, token, cacheControl: 'no-cache', ...served };
  return { target, rows: ROWS, inspector: served.inspector, close: () => undefined };
}

/** Profiles it, writes the profile for a viewer to `folder`, and returns the costliest functions as text. */
export async function profile(
  { target, rows, inspector: address }: Inspected,
  folder: string,
  seconds: number,
): Promise<string> {
  await checkServes(target, rows);
  await warmUp([target], seconds);
  const inspector = await Inspector.connect(address);
  await inspector.send('Profiler.enable');
  await inspector.send('Profiler.setSamplingInterval', { interval: INTERVAL_MICROS });
  await inspector.send('Profiler.start');
  await load({ ...askOf(target), connections: CONNECTIONS, seconds });
  const { profile: taken } = Stopped.parse(await inspector.send('Profiler.stop'));
  inspector.close();
  await stop(target.process);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${target.name}.cpuprofile`);
  writeFileSync(file, JSON.stringify(taken));
  return `\n${file}\n${tableOf(taken)}`;
}

/** Shares of the time that was not idle, in the function itself and with all that it calls. */
function tableOf({ nodes, samples }: Profile): string {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const nameOf = (id: number): string => {
    const { functionName, lineNumber } = byId.get(id)?.callFrame ?? { functionName: '?', lineNumber: 0 };
    return `${functionName === '' ? '(anonymous)' : functionName}:${lineNumber + 1}`;
  };
  const parents = new Map(
    nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  );
  const self = new Map<string, number>();
  const total = new Map<string, number>();
  const busy = samples.filter((id) => !/^\((idle|program|root)\)/.test(nameOf(id)));
  for (const sample of busy) {
    add(self, nameOf(sample));
    const names = new Set<string>();
    for (let id: number | undefined = sample; id !== undefined; id = parents.get(id)) names.add(nameOf(id));
    for (const each of names) add(total, each);
  }
  const share = (count = 0): string => `${((100 * count) / busy.length).toFixed(1).padStart(5)} %`;
  return [...total]
    .toSorted(([a], [b]) => (self.get(b) ?? 0) - (self.get(a) ?? 0))
    .slice(0, SHOWN)
    .map(([name, all]) => `${share(self.get(name))} itself ${share(all)} with what it calls  ${name}`)
    .join('\n');
}

const add = (counts: Map<string, number>, name: string): void => {
  counts.set(name, (counts.get(name) ?? 0) + 1);
};
