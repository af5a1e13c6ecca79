import { createApp, type App, type Env } from './app.ts';

export { Alarms } from './objects/alarms/alarms.ts';
export { DeletionLog } from './objects/deletion-log/deletion-log.ts';
export { Directory } from './objects/directory/directory.ts';
export { Fuse } from './objects/fuse/fuse.ts';
export { Shield } from './objects/shield/shield.ts';
export { Tenant } from './objects/tenant/tenant.ts';

/** Built once for each isolate: an environment does not change under a running one. */
const apps = new WeakMap<Env, App>();

export default {
  fetch(request: Request, env: Env, ctx: ExecutionContext): Response | Promise<Response> {
    const app = apps.get(env) ?? createApp(env);
    apps.set(env, app);
    return app(request, ctx);
  },
};
