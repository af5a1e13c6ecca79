/** `npm run sandbox`: the sandbox alone, so that a client can be developed against it without a gateway. */
import { onSignal } from './on-signal.ts';
import { checkPortFree, portOf } from './port.ts';
import { runMain } from './run-main.ts';
import { readWorkerConfig } from './worker-config.ts';
import { startWorker } from './worker.ts';

const CONFIG = 'src/sandbox/wrangler.toml';
/** Beside the gateway's, so that both can run. */
const PORT_DEFAULT = 8790;
const GENERATIONS = new Set(['A', 'B', 'C']);

async function sandbox(): Promise<void> {
  const port = portOf('PORT', process.env['PORT'] ?? String(PORT_DEFAULT));
  const bindings = bindingsOf(readWorkerConfig(CONFIG).vars, process.env);
  await checkPortFree({ variable: 'PORT', port, command: 'npm run sandbox' });
  const worker = await startWorker({
    config: CONFIG,
    port,
    bindings: { ...bindings },
    stateFolder: null,
    onLine: (line) => console.log(line),
  });
  onSignal(worker.stop);
  console.log(await firstSteps(worker.origin, bindings));
}

interface Bindings {
  readonly SANDBOX_API_KEY: string;
  readonly SANDBOX_GENERATION: string;
}

/** The environment's values over those of the configuration. @throws with a sentence. */
function bindingsOf(
  vars: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string | undefined>>,
): Bindings {
  const given = (name: keyof Bindings): string => environment[name] || (vars[name] ?? '');
  const generation = given('SANDBOX_GENERATION');
  if (!GENERATIONS.has(generation)) throw new Error('SANDBOX_GENERATION must be A, B or C.');
  return { SANDBOX_API_KEY: given('SANDBOX_API_KEY'), SANDBOX_GENERATION: generation };
}

/** Asks the sandbox for its settings, which makes its world, and says how to use it. */
async function firstSteps(origin: string, bindings: Bindings): Promise<string> {
  const response = await fetch(`${origin}/_sandbox/settings`);
  if (!response.ok) throw new Error(`The sandbox answered its first request with ${response.status}.`);
  await response.arrayBuffer();
  const { SANDBOX_API_KEY: key, SANDBOX_GENERATION: generation } = bindings;
  return `The sandbox listens on ${origin}, and behaves like a PostHog of generation ${generation}.
Its personal API key is ${key}. It forgets everything when it stops.

Paste these into another shell:

  # two of the people it knows
  curl -s '${origin}/api/projects/1/persons/?limit=2' -H 'Authorization: Bearer ${key}'

  # what arrived, newest last; everything else below /_sandbox/ is in src/sandbox/README.md
  curl -s ${origin}/_sandbox/received

  # a fresh world of another generation, with a made-up clock
  curl -s -X POST ${origin}/_sandbox/reset -d '{"generation": "C", "now": "2026-03-15T12:00:00Z"}'

  # the next request fails
  curl -s -X POST ${origin}/_sandbox/faults -d '{"kind": "status", "status": 503}'

Stop with Ctrl-C.`;
}

await runMain(sandbox);
