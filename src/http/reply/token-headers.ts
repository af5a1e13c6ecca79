import { TOKEN_EXPIRES_HEADER } from '../../contract/token.ts';

/** Says until when a token can be used, a date of RFC 9110 §5.6.7; nothing where none was let in. Seconds since 1970. */
export const tokenHeaders = (expiresAtSeconds: number | null): Record<string, string> =>
  expiresAtSeconds === null
    ? {}
    : { [TOKEN_EXPIRES_HEADER]: new Date(expiresAtSeconds * 1000).toUTCString() };
