/** The Worker that the object tests run in: nothing but the classes. */
export { Alarms } from '../support/objects/alarms.ts';
export { DeletionLog } from '../support/objects/deletion-log.ts';
export { Directory } from '../../src/objects/directory/directory.ts';
export { Fuse } from '../../src/objects/fuse/fuse.ts';
export { Shield } from '../../src/objects/shield/shield.ts';
export { Tenant } from '../../src/objects/tenant/tenant.ts';

export default {
  fetch(): Response {
    return new Response(null, { status: 404 });
  },
};
