/**
 * The backend of a page. It holds the tenant's token and gives the page one of ten minutes, for the user who is signed in.
 * With `npm start` running: HEDGEROW_TOKEN='hgr_…' npm run example:browser
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createHedgerow } from 'hedgerow/client';
import { readForm, sendFile, sessionOf } from './web.ts';

const {
  HEDGEROW_URL: url = 'http://127.0.0.1:8787',
  HEDGEROW_TOKEN: token = '',
  PORT = '3000',
} = process.env;
if (token === '')
  throw new Error('HEDGEROW_TOKEN is missing: a token of your tenant, which `npm start` prints.');
const hedgerow = createHedgerow({ url, token });
const { project_id: projectId } = (await hedgerow.GET('/v1/whoami')).data.grant;

/** The user of each session. Yours come from your own sign-in. */
const users = new Map<string, string>();

async function answer(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
  const user = users.get(sessionOf(request));
  switch (`${request.method} ${request.url}`) {
    case 'POST /session': {
      const session = randomUUID();
      users.set(session, (await readForm(request)).get('user') ?? 'somebody');
      response.setHeader('Set-Cookie', `session=${session}; HttpOnly; SameSite=Strict; Path=/`);
      return response.writeHead(303, { Location: '/' }).end();
    }
    case 'POST /hedgerow-token': {
      if (user === undefined) return response.writeHead(401).end();
      const minted = await hedgerow.POST('/v1/tokens', {
        body: { name: 'page', actor: user, scopes: ['person:read'], expires_in: 600 },
      });
      return response.end(minted.data.token);
    }
    case 'GET /settings':
      return response.writeHead(user === undefined ? 401 : 200).end(JSON.stringify({ url, projectId }));
    default:
      return sendFile(request, response);
  }
}

createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    console.error(error);
    response.writeHead(502).end();
  });
}).listen(Number(PORT), '127.0.0.1', () => console.log(`The page is on http://localhost:${PORT}`));
