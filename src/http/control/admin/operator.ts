import { answer } from '../serve.ts';
import { withAdmin } from './guard.ts';

/** `GET /admin/v1/operator`: who asks, and what it may do now. */
export const getOperator = withAdmin('admin_get_operator', async (_ctx, { name, role }) =>
  answer({ name, role }),
);
