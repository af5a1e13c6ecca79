/** The header of answers to tenants' tokens, as OpenAPI says it. */
import { TOKEN_EXPIRES_HEADER } from '../contract/token.ts';

export const TOKEN_HEADERS = {
  [TOKEN_EXPIRES_HEADER]: {
    description: 'Whole seconds for which the token can still be used.',
    schema: { type: 'integer' },
  },
} as const;
