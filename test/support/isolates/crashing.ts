/** The gateway with a way for tests to its objects: they can crash, and be asked from another process. */
import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';
import { readWorkerConfig } from '../../../scripts/worker-config.ts';
import { clientOf } from '../client.ts';

const HEADER = 'test-crash';

/** The entrypoint by which another process asks the objects, and the binding to it there. */
export const REMOTE = { entrypoint: 'RemoteObjects', binding: 'REMOTE_OBJECTS' } as const;

/** The bindings of all objects. */
const NAMESPACES = readWorkerConfig('wrangler.toml').durable_objects.bindings.map(({ name }) => name);

const CHANGES: readonly (readonly [string, string])[] = [
  [
    "export { Shield } from './objects/shield/shield.ts';",
    `import { Shield as DeployedShield } from './objects/shield/shield.ts';
      export class Shield extends DeployedShield { crash() { this.ctx.abort('by a test'); } }`,
  ],
  [
    "export { Tenant } from './objects/tenant/tenant.ts';",
    `import { WorkerEntrypoint } from 'cloudflare:workers';
      import { Tenant as DeployedTenant } from './objects/tenant/tenant.ts';
      export class Tenant extends DeployedTenant { crash() { this.ctx.abort('by a test'); } }
      export class ${REMOTE.entrypoint} extends WorkerEntrypoint {
        call(binding, name, method, args) { return this.env[binding].getByName(name)[method](...args); }
      }
      const remote = (env, binding) => ({
        getByName: (name) => new Proxy({}, {
          get: (_, method) => method === 'then' ? undefined
            : (...args) => env.${REMOTE.binding}.call(binding, name, method, args),
        }),
      });
      const environments = new WeakMap();
      const reachingOf = (env) => env.${REMOTE.binding} === undefined ? env : {
        ...env,
        ...Object.fromEntries(${JSON.stringify(NAMESPACES)}.map((binding) => [binding, remote(env, binding)])),
      };
      const reaching = (env) => {
        const known = environments.get(env) ?? reachingOf(env);
        environments.set(env, known);
        return known;
      };`,
  ],
  [
    'return appOf(env).serve(request, ctx)',
    `const crashing = request.headers.get('${HEADER}');
      if (crashing !== null) {
        const [binding, name] = crashing.split(' ');
        const crashed = () => new Response(null, { status: 204 });
        return env[binding].getByName(name).crash().then(crashed, crashed);
      }
      return appOf(reaching(env)).serve(request, ctx)`,
  ],
];

/** An eviction waits until the object has nothing to do; these objects end in the middle of their work. */
export const crashing: Plugin = {
  name: 'objects that crash',
  setup: (build) => {
    build.onLoad({ filter: /src\/index\.ts$/ }, async ({ path }) => {
      let contents = await readFile(path, 'utf8');
      for (const [before, after] of CHANGES) {
        if (!contents.includes(before)) throw new Error(`index.ts has no ${before}`);
        contents = contents.replace(before, after);
      }
      return { contents, loader: 'ts' };
    });
  },
};

/** Objects that can crash, by their binding. */
export type Crashing = 'TENANT' | 'SHIELD';

/** The object loses its memory, and what is being asked of it gets no answer. */
export async function crash(origin: string, binding: Crashing, name: string): Promise<void> {
  await clientOf(origin)('GET', '/', { headers: { [HEADER]: `${binding} ${name}` } });
}
