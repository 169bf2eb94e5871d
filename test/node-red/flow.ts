/** Runs nodes in a real Node-RED runtime (5 by default, 4.1 with LINEWATCH_NODE_RED=4) without its editor. */
import { createServer, type RequestListener } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { NodeAPI } from 'node-red';
import { replaceSharedClock } from '../../nodes/node-red/clock.ts';
import type { Clock } from '../../nodes/shared/clock.ts';

const require = createRequire(import.meta.url);
const runtime = process.env.LINEWATCH_NODE_RED === '4' ? 'node-red-4' : 'node-red';

type NodeModule = (RED: NodeAPI) => void;
// biome-ignore lint/suspicious/noExplicitAny: messages are what the flow makes of them
export type Received = any;

interface TestNode {
  id: string;
  receive(message: object): void;
  on(event: string, listener: (...values: Received[]) => void): void;
  once(event: string, listener: (...values: Received[]) => void): void;
}

interface Helper {
  init(path: string): void;
  load(modules: NodeModule[], flow: object[], credentials: object): Promise<void>;
  unload(): Promise<void>;
  getNode(id: string): TestNode & { status: { args?: unknown[][] } };
  settings(settings: object): void;
  _sandbox: { resetHistory(): void };
  log(): { args: [{ id?: string; level: number; msg: unknown }][] };
  _httpAdmin: RequestListener;
  _events: { once(event: string, listener: (value: unknown) => void): void };
  _redNodes: { setFlows(flow: object[], credentials: object, type: 'full' | 'nodes'): Promise<unknown> };
}

const helper = require('node-red-node-test-helper') as Helper;
helper.init(require.resolve(runtime));

export interface RunningFlow {
  /** Sends a message into a node. */
  send(id: string, message: object): void;
  /** The next message that reaches a `helper` node (or one that came and was not taken yet). */
  next(id: string, timeoutMs?: number): Promise<Received>;
  /** Resolves with the first message that reaches the node and passes the test; the others are dropped. */
  until(id: string, test: (message: Received) => boolean, timeoutMs?: number): Promise<Received>;
  /** Messages that came and were not taken. */
  waiting(id: string): Received[];
  /** The texts of all statuses that a node has shown, oldest first. */
  statuses(id: string): { fill: string; shape: string; text: string }[];
  /** Resolves when the node has shown a status whose text or fill passes. */
  status(
    id: string,
    test: (status: { fill: string; text: string }) => boolean,
    timeoutMs?: number,
  ): Promise<{ fill: string; text: string }>;
  /** The errors and warnings that a node has logged, oldest first. */
  logged(id: string): string[];
  /** Forgets statuses and log: what notes them keeps every message alive. */
  forget(): void;
  /** @param isDeleted default true: as if all nodes had been deleted, else as if they had been disabled. */
  stop(isDeleted?: boolean): Promise<void>;
}

/**
 * Loads the flow and starts it. Nodes of type `helper` receive; a `catch` or `status` node wired to a helper shows errors.
 * @param options.clock stands in for the shared clock
 */
export async function startFlow(
  modules: NodeModule[],
  nodes: object[],
  options: { clock?: Clock; settings?: object; credentials?: object } = {},
): Promise<RunningFlow> {
  // What has a place on the canvas is a node; without one Node-RED takes it for a config node.
  const flow = nodes.map((node) =>
    'wires' in node || (node as { type: string }).type === 'helper' ? { x: 0, y: 0, wires: [], ...node } : node,
  );
  replaceSharedClock(options.clock);
  helper.settings(options.settings ?? {});
  await helper.load(modules, flow, options.credentials ?? {});
  const inbox = new Map<string, { queue: Received[]; wake: (() => void) | undefined }>();
  for (const { id, type } of flow as { id: string; type: string }[]) {
    if (type !== 'helper') continue;
    const box = { queue: [] as Received[], wake: undefined as (() => void) | undefined };
    inbox.set(id, box);
    helper.getNode(id).on('input', (message) => {
      box.queue.push(message);
      box.wake?.();
    });
  }
  const boxOf = (id: string) => {
    const box = inbox.get(id);
    if (box === undefined) throw new Error(`the flow has no helper node ${id}`);
    return box;
  };
  const next = (id: string, timeoutMs = 5000): Promise<Received> => {
    const box = boxOf(id);
    if (box.queue.length > 0) return Promise.resolve(box.queue.shift());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        box.wake = undefined;
        reject(new Error(`no message reached ${id} within ${timeoutMs} ms`));
      }, timeoutMs);
      box.wake = () => {
        clearTimeout(timer);
        box.wake = undefined;
        resolve(box.queue.shift());
      };
    });
  };
  const statuses = (id: string) =>
    (helper.getNode(id).status.args ?? []).map((call) => call[0]) as { fill: string; shape: string; text: string }[];
  let isStopped = false;
  return {
    send: (id, message) => helper.getNode(id).receive(message),
    next,
    async until(id, test, timeoutMs = 5000) {
      const end = performance.now() + timeoutMs;
      while (true) {
        const message = await next(id, Math.max(1, end - performance.now()));
        if (test(message)) return message;
      }
    },
    waiting: (id) => boxOf(id).queue,
    statuses,
    async status(id, test, timeoutMs = 5000) {
      const end = performance.now() + timeoutMs;
      while (performance.now() < end) {
        const found = statuses(id).find(test);
        if (found) return found;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      throw new Error(`${id} did not show the expected status; it showed ${JSON.stringify(statuses(id))}`);
    },
    // Node-RED's level for warnings is 30; what is worse is less.
    logged: (id) => helper.log().args.flatMap(([line]) => (line.id === id && line.level <= 30 ? [String(line.msg)] : [])),
    forget: () => helper._sandbox.resetHistory(),
    async stop(isDeleted = true) {
      if (isStopped) return;
      isStopped = true;
      // Deleted or disabled: what outlives a deploy ends.
      const started = new Promise((resolve) => helper._events.once('flows:started', resolve));
      await helper._redNodes.setFlows(isDeleted ? [] : nodes.map((node) => ({ ...node, d: true })), {}, 'full');
      await started;
      await helper.unload();
      replaceSharedClock();
    },
  };
}

/** The admin endpoints of whatever flow runs, with a real HTTP server before them: its base address and a stop function. */
export async function startAdmin(): Promise<{ url: string; stop(): Promise<void> }> {
  // The helper keeps the nodes' endpoints in an application of its own, a new one for each flow, and serves another.
  const server = createServer((request, response) => helper._httpAdmin(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}
