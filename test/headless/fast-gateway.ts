/**
 * A real Node-RED without editor in this process, with the built pack installed in its user directory and the fast clock: hours of a
 * flow pass in seconds. One at a time in a process.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareUserDirectory } from '../../scripts/user-directory.ts';

const root = join(import.meta.dirname, '..', '..');

// biome-ignore lint/suspicious/noExplicitAny: messages are what the flow makes of them
type FlowMessage = any;

interface Runtime {
  init(server: object, settings: object): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  nodes: { getNode(id: string): { receive(message: object): void } | null };
  runtime: { nodes: { getNode(id: string): { receive(message: object): void } | null } };
  hooks: {
    add(name: string, hook: (events: { source: { id: string; node: { type: string } }; msg: FlowMessage }[]) => void): void;
    remove(name: string): void;
  };
  events: { once(event: string, listener: () => void): void };
}

export interface FastGateway {
  /** Epoch ms of simulated time. */
  now(): number;
  runFor(seconds: number): Promise<void>;
  /** Sends a message into a node and waits until all it set off is done. */
  send(id: string, message: object): Promise<void>;
  /** Calls back with each message that a node sends. */
  onSent(id: string, listener: (message: FlowMessage) => void): void;
  /** Warnings and errors that Node-RED logged. */
  log: string[];
  stop(): Promise<void>;
}

/**
 * @param start epoch ms at which the simulated time begins
 * @param furnish puts what the flow needs into the user directory
 */
export async function startFastGateway(flow: object[], start: number, furnish?: (userDir: string) => void): Promise<FastGateway> {
  const userDir = mkdtempSync(join(tmpdir(), 'linewatch-'));
  prepareUserDirectory(root, userDir);
  furnish?.(userDir);
  writeFileSync(join(userDir, 'flows.json'), JSON.stringify(flow));
  const require = createRequire(import.meta.url);
  const RED = require(process.env.LINEWATCH_NODE_RED === '4' ? 'node-red-4' : 'node-red') as Runtime;
  const log: string[] = [];
  RED.init(createServer(), {
    userDir,
    flowFile: 'flows.json',
    httpAdminRoot: false,
    httpNodeRoot: false,
    credentialSecret: false,
    telemetry: { enabled: false },
    linewatch: { clock: 'fast', clockStart: start },
    logging: { test: { level: 'warn', handler: () => (entry: { msg: unknown }) => log.push(String(entry.msg)) } },
  });
  const started = new Promise<void>((resolve) => RED.events.once('flows:started', resolve));
  await RED.start();
  await started;
  // The very module that the nodes use: the pack in the user directory is a link to this checkout.
  const clocks = (await import(join(root, 'dist/nodes/node-red/clock.js'))) as typeof import('../../nodes/node-red/clock.ts');
  const clock = clocks.sharedClock({}) as import('../../nodes/shared/fast-clock.ts').FastClock;
  const listeners = new Map<string, ((message: FlowMessage) => void)[]>();
  RED.hooks.add('onSend.linewatch-test', (events) => {
    // One event for each wire: the message is the same.
    const [first] = events;
    if (first !== undefined) for (const listener of listeners.get(first.source.id) ?? []) listener(first.msg);
  });
  return {
    now: () => clock.now(),
    runFor: (seconds) => clock.runUntil(clock.now() + 1000 * seconds),
    async send(id, message) {
      const node = RED.nodes.getNode(id);
      if (node === null) throw new Error(`the flow has no node ${id}`);
      node.receive(message);
      await clock.quiet();
    },
    onSent: (id, listener) => void listeners.set(id, [...(listeners.get(id) ?? []), listener]),
    log,
    async stop() {
      RED.hooks.remove('*.linewatch-test');
      await RED.stop();
      clocks.replaceSharedClock();
      rmSync(userDir, { recursive: true, force: true });
    },
  };
}
