/** Starts Node-RED with an empty flow and prints how long it took and what memory it holds. `node measure-start.ts USERDIR` */
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const begun = performance.now();
const RED = require('node-red');
const server = createServer();
RED.init(server, {
  userDir: process.argv[2],
  flowFile: 'flows.json',
  credentialSecret: false,
  telemetry: { enabled: false },
  logging: { console: { level: 'off' } },
  // The dashboard of the examples stands beside Node-RED in the checkout; it is no part of what is measured.
  externalModules: { palette: { allowList: ['*'], denyList: ['@flowfuse/*'] } },
});
const started = new Promise((resolve) => RED.events.once('flows:started', resolve));
await RED.start();
await started;
const startMs = performance.now() - begun;
await new Promise((resolve) => setTimeout(resolve, 1500));
(globalThis as { gc?: () => void }).gc?.();
await new Promise((resolve) => setTimeout(resolve, 300));
const packLoaded = RED.runtime !== undefined && require.cache !== undefined && RED.nodes.getType?.('linewatch-window') !== undefined;
console.log(JSON.stringify({ startMs, memoryMb: process.memoryUsage().rss / 2 ** 20, packLoaded }));
process.exit(0);
