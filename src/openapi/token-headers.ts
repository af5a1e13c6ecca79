/** The header of answers to tenants' tokens, as OpenAPI says it. */
import { TOKEN_EXPIRES_HEADER } from '../contract/token.ts';

export const TOKEN_HEADERS = {
  [TOKEN_EXPIRES_HEADER]: {
    description: 'Until when the token can be used: a date as HTTP writes it (RFC 9110 §5.6.7).',
    schema: { type: 'string' },
  },
} as const;
