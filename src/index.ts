import { appOf, type Env } from './app.ts';

export { Alarms } from './objects/alarms/alarms.ts';
export { DeletionLog } from './objects/deletion-log/deletion-log.ts';
export { Directory } from './objects/directory/directory.ts';
export { Fuse } from './objects/fuse/fuse.ts';
export { Shield } from './objects/shield/shield.ts';
export { Tenant } from './objects/tenant/tenant.ts';
export { OperatorEntrypoint } from './operator-entrypoint.ts';

export default {
  fetch(request: Request, env: Env, ctx: ExecutionContext): Response | Promise<Response> {
    return appOf(env).serve(request, ctx);
  },
};
