import { consoleOf, type ConsoleApp } from './app.tsx';
import type { ConsoleEnv } from './config.ts';

/** Built once for each isolate: an environment does not change under a running one. */
const apps = new WeakMap<ConsoleEnv, ConsoleApp>();

export default {
  fetch(request: Request, env: ConsoleEnv): Response | Promise<Response> {
    const app = apps.get(env) ?? consoleOf(env);
    apps.set(env, app);
    return app(request);
  },
};
