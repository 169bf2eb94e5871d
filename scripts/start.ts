/**
 * `npm start`: Node-RED with the pack, the pump-watch flow and its dashboard, on 127.0.0.1 without login. The user
 * directory is `.node-red` in the checkout (LINEWATCH_USER_DIR names another); the flow is put there once and kept from then on.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { prepareUserDirectory, provideFlow } from './user-directory.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, next?: () => void) => void;

const root = join(import.meta.dirname, '..');
const host = '127.0.0.1';
const port = Number(process.env.PORT || 1880);
if (!Number.isInteger(port) || port < 1 || port > 65535) fail(`PORT: expected a number from 1 to 65535, got "${process.env.PORT}".`);

const userDir = process.env.LINEWATCH_USER_DIR ?? join(root, '.node-red');
let answer: Handler = (_request, response) => response.writeHead(503, { 'retry-after': '2' }).end('Node-RED is starting');
const server = createServer((request, response) => answer(request, response));
await listen(server);
prepareUserDirectory(root, userDir);
await provideFlow(join(root, 'examples', '02-pump-watch-dashboard.json'), join(userDir, 'flows.json'));

// Node-RED is loaded only now: a busy port is told in a moment, not after the start.
const require = createRequire(import.meta.url);
const RED = require('node-red') as {
  init(server: Server, settings: object): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  httpAdmin: Handler;
  httpNode: Handler;
  events: { once(event: string, listener: () => void): void };
};
RED.init(server, {
  userDir,
  flowFile: 'flows.json',
  uiHost: host,
  uiPort: port,
  httpAdminRoot: '/',
  httpNodeRoot: '/',
  credentialSecret: false,
  flowFilePretty: true,
  telemetry: { enabled: false, updateNotification: false },
  editorTheme: { tours: false, projects: { enabled: false }, page: { title: 'linewatch' } },
  logging: { console: { level: 'info', metrics: false, audit: false } },
});
answer = (request, response) => RED.httpAdmin(request, response, () => RED.httpNode(request, response));

RED.events.once('flows:started', () => {
  const address = `http://${host}:${port}`;
  console.log(
    `\n  Editor     ${address}/\n  Dashboard  ${address}/dashboard/pump\n\n  Ctrl+C stops. Your edits are kept in ${join(userDir, 'flows.json')}.\n`,
  );
});
await RED.start();

let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stopping) process.exit(1);
    stopping = true;
    void RED.stop().finally(() => process.exit(0));
  });
}

function listen(listening: Server): Promise<void> {
  return new Promise((resolve) => {
    listening.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE')
        fail(`Port ${port} is in use: choose another, for example PORT=${port === 65535 ? 1881 : port + 1} npm start`);
      if (error.code === 'EACCES')
        fail(`Port ${port} is not allowed for this user: choose one from 1024 on, for example PORT=1881 npm start`);
      fail(`Port ${port} can not be opened: ${error.message}`);
    });
    listening.listen(port, host, resolve);
  });
}

function fail(line: string): never {
  console.error(line);
  process.exit(1);
}
