/** An upstream for machines without nginx. Started as a process of its own; says its port on its first line. */
import { createServer } from 'node:http';
import { PAGE } from './page.ts';

const body = Buffer.from(PAGE);
const head = { 'Content-Type': 'application/json', 'Content-Length': body.length };

const server = createServer({ keepAliveTimeout: 600_000 }, (_, response) => {
  response.writeHead(200, head);
  response.end(body);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') console.log(address.port);
});
