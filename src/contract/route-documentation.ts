/** What is said of a route. */
import type * as z from 'zod/mini';
import type { Json } from '../core/json.ts';

export interface RouteDocumentation {
  readonly summary: string;
  readonly description?: string;
  /** The JSON of a success. A success without a body is `null`. */
  readonly reply: z.ZodMiniType | null;
  /** What each event of a stream holds, where the answer is one. */
  readonly events?: z.ZodMiniType;
  /** A body that works against the sandbox. */
  readonly example?: Json;
}
