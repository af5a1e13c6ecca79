import { TOKEN_EXPIRES_HEADER } from '../../contract/token.ts';

/** Says for how many seconds a token can still be used; nothing where none was let in. */
export const tokenHeaders = (expiresInSeconds: number | null): Record<string, string> =>
  expiresInSeconds === null ? {} : { [TOKEN_EXPIRES_HEADER]: String(expiresInSeconds) };
