/** The gateway as the signed-in operator reaches it: the typed client, over the service binding. */
import { createHedgerow, type Hedgerow } from '../../client/hedgerow.ts';
import { OPERATOR_HEADER } from '../../contract/operators/operator.ts';
import type { ConsoleEnv } from '../config.ts';

export type Gateway = Hedgerow;

/** Means nothing: a binding leads where it leads. */
const URL_OF_GATEWAY = 'https://gateway.invalid';
const AUTHORIZATION = 'authorization';

/** Every call waits for somebody at a browser, who can ask again. */
const NO_RETRIES = { retries: 0 } as const;

/** Asks as the operator of this name. */
export const gatewayAs = ({ GATEWAY }: ConsoleEnv, operator: string): Gateway =>
  createHedgerow({
    url: URL_OF_GATEWAY,
    token: 'none',
    ...NO_RETRIES,
    platform: {
      fetch: (request) => {
        request.headers.delete(AUTHORIZATION);
        request.headers.set(OPERATOR_HEADER, operator);
        return GATEWAY.fetch(request);
      },
    },
  });

/** Asks with an admin token, to learn whose it is. */
export const gatewayWith = ({ GATEWAY }: ConsoleEnv, token: string): Gateway =>
  createHedgerow({
    url: URL_OF_GATEWAY,
    token,
    ...NO_RETRIES,
    platform: { fetch: (request) => GATEWAY.fetch(request) },
  });
