/** The secrets of the gateway under test. */

/** With characters that JSON and URLs write differently, so that every way of echoing it is another text. */
export const KEY = 'phx_Kept"only/here+by%the=gateway_7Q';
export const ADMIN_TOKEN = 'the-admin-token-of-the-tests-9f2c51';
export const SIGNING_KEY = { kid: 'k1', text: 'a-signing-key-that-is-long-enough-for-hs256' };
/** Rotated out, and still good for verifying. */
export const OLDER_KEY = { kid: 'k0', text: 'an-older-signing-key-that-is-long-enough-too' };

const spelled = ({ kid, text }: { kid: string; text: string }): string => `${kid}:${text}`;

export const SECRETS = {
  POSTHOG_PERSONAL_API_KEY: KEY,
  ADMIN_TOKEN,
  TOKEN_SIGNING_KEYS: [SIGNING_KEY, OLDER_KEY].map(spelled).join(','),
} as const;
