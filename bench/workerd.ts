/** Runs a Worker in a bare workerd, the runtime of a deployment, without the proxy and the log of a development server. */
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import * as z from 'zod';
import { start, type Served } from './process.ts';

export interface WorkerSetup {
  /** JavaScript of its one module. */
  readonly code: string;
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** Binding and class of each kind of object, all with SQLite. */
  readonly objects: readonly { readonly name: string; readonly className: string }[];
}

const Package = z.object({ default: z.string() });
/** The package says where the binary of this platform is; the one in its `bin` may be a script around it. */
const WORKERD = Package.parse(createRequire(import.meta.url)('workerd')).default;

const Listening = z.object({ event: z.enum(['listen', 'listen-inspector']), port: z.int() });

/**
 * Starts a Worker with its storage on disk in `folder`. What it writes to its console is thrown away, as a deployment's
 * is taken elsewhere; what it reports as an error is shown.
 */
export async function startWorkerd(folder: string, setup: WorkerSetup): Promise<Served> {
  const child = startProcess(folder, setup, []);
  const [port] = await portsOf(child, ['listen']);
  return { origin: `http://127.0.0.1:${port}`, process: child };
}

/** The same with an inspector at an address of its own, which is a host and a port. */
export async function startInspected(
  folder: string,
  setup: WorkerSetup,
): Promise<Served & { readonly inspector: string }> {
  const child = startProcess(folder, setup, ['--inspector-addr=127.0.0.1:0']);
  const [port, inspector] = await portsOf(child, ['listen', 'listen-inspector']);
  return { origin: `http://127.0.0.1:${port}`, inspector: `127.0.0.1:${inspector}`, process: child };
}

function startProcess(folder: string, setup: WorkerSetup, more: readonly string[]): ChildProcess {
  mkdirSync(join(folder, 'objects'), { recursive: true });
  const config = join(folder, 'config.capnp');
  writeFileSync(join(folder, 'index.js'), setup.code);
  writeFileSync(config, configOf(folder, setup));
  return start(
    'target',
    WORKERD,
    ['serve', '--experimental', '--control-fd=3', ...more, config],
    ['ignore', 'ignore', 'inherit', 'pipe'],
  );
}

/** The ports that workerd tells on its control channel, once it has told all of them. */
async function portsOf(child: ChildProcess, events: readonly string[]): Promise<(number | undefined)[]> {
  const control = child.stdio[3];
  if (!isReadable(control)) throw new Error('workerd has no control channel');
  const ports = new Map<string, number>();
  for await (const line of createInterface(control)) {
    const { event, port } = Listening.parse(JSON.parse(line));
    ports.set(event, port);
    if (events.every((each) => ports.has(each))) break;
  }
  return events.map((event) => ports.get(event));
}

const isReadable = (stream: unknown): stream is Readable =>
  typeof stream === 'object' && stream !== null && 'read' in stream;

/** A string of Cap'n Proto text: written as those of JSON are, for the plain ASCII that stands here. */
const text = (value: string): string => JSON.stringify(value);

function configOf(
  folder: string,
  { compatibilityDate, compatibilityFlags, variables, objects }: WorkerSetup,
): string {
  const bindings = [
    ...Object.entries(variables).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`),
    ...objects.map(
      ({ name, className }) => `(name = ${text(name)}, durableObjectNamespace = ${text(className)})`,
    ),
  ];
  const namespaces = objects.map(
    ({ className }) => `(className = ${text(className)}, uniqueKey = ${text(className)}, enableSql = true)`,
  );
  return `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "network", network = (allow = ["public", "private", "local"])),
    (name = "objects", disk = (path = ${text(join(folder, 'objects'))}, writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "index.js", esModule = embed "index.js")],
  compatibilityDate = ${text(compatibilityDate)},
  compatibilityFlags = [${compatibilityFlags.map((flag) => text(flag)).join(', ')}],
  bindings = [${bindings.join(', ')}],
  durableObjectNamespaces = [${namespaces.join(', ')}],
  durableObjectStorage = (localDisk = "objects"),
  globalOutbound = "network",
);
`;
}
