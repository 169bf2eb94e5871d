/** Node-RED without an editor in this process, with a flow made of lines: source → model → sinks. */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { registerDirect } from './direct.ts';
import { modelFolder } from './user-directory.ts';

/** Fields of the nodes, as their dialogs store them. */
export interface Line {
  id: string;
  /** Through onnx model and onnx infer … */
  model?: { path: string; [field: string]: unknown };
  infer?: Record<string, unknown>;
  /** … or through a node that runs the model in Node-RED's process. */
  direct?: { path: string; threads?: number };
}

export interface End {
  kind: 'answer' | 'dropped' | 'error';
  // biome-ignore lint/suspicious/noExplicitAny: a message's properties are anything
  message: any;
}

export interface RunningLine {
  send(message: object): void;
  onEnd: (end: End) => void;
}

export interface Gateway {
  line(id: string): RunningLine;
  /** Deploys other lines in the place of the present ones. */
  deploy(lines: Line[]): Promise<void>;
}

// biome-ignore-start lint/suspicious/noExplicitAny: Node-RED's own objects
const RED: any = createRequire(import.meta.url)('node-red');

/** Starts Node-RED with lines and resolves when they run. Once in a process. */
export async function startNodeRed(userDir: string, lines: Line[], settings: object = {}): Promise<Gateway> {
  const running = new Map<string, RunningLine>();
  const startTypes = () => {
    registerDirect(RED);
    registerNode('bench-source', (node, { line }) => {
      running.set(line, { send: (message) => node.send(message), onEnd: () => {} });
    });
    registerNode('bench-sink', (node, { line, kind }) => {
      node.on('input', (message: object) => running.get(line)?.onEnd({ kind, message }));
    });
  };
  await startFlow(userDir, flowOf(lines, userDir), startTypes, settings);
  return {
    line(id) {
      const line = running.get(id);
      if (line === undefined) throw new Error(`no line ${id}`);
      return line;
    },
    async deploy(next) {
      const again = flowsStarted();
      running.clear();
      await RED.runtime.flows.setFlows({ flows: { flows: flowOf(next, userDir) }, deploymentType: 'full' });
      await again;
    },
  };
}

/**
 * Starts Node-RED without an editor and resolves when the flow runs. Once in a process.
 * @param flow as exported; it has a node of a type that `registerTypes` registers, so that it waits for those
 */
export async function startFlow(userDir: string, flow: object[], registerTypes: () => void, settings: object = {}): Promise<void> {
  const flowFile = `flows-${process.pid}.json`;
  writeFileSync(join(userDir, flowFile), JSON.stringify(flow));
  RED.init(createServer(), {
    userDir,
    flowFile,
    credentialSecret: false,
    telemetry: { enabled: false },
    logging: { console: { level: 'warn' } },
    externalModules: { palette: { allowList: ['*'], denyList: ['@flowfuse/*'] } },
    ...settings,
  });
  await RED.start();
  const first = flowsStarted();
  // Node-RED waits with the flow until the last type that it misses is registered.
  registerTypes();
  await first;
}

const flowsStarted = () => new Promise<void>((resolve) => RED.events.once('flows:started', () => resolve()));

/** Registers a node type of the bench in the running Node-RED. */
export function registerNode(type: string, start: (node: any, properties: any) => void): void {
  RED.nodes.registerType('bench', type, function (this: object, properties: object) {
    RED.nodes.createNode(this, properties);
    start(this, properties);
  });
}
// biome-ignore-end lint/suspicious/noExplicitAny: Node-RED's own objects

function flowOf(lines: Line[], userDir: string): object[] {
  const z = 'tab';
  const nodes = lines.flatMap(({ id, model, infer, direct }) => {
    const sinks = ['answer', 'dropped', 'error'].map((kind) => ({ id: `${id}-${kind}`, z, type: 'bench-sink', line: id, kind, wires: [] }));
    const wires = [[`${id}-answer`], [`${id}-dropped`]];
    const runner =
      model === undefined
        ? [{ id, z, type: 'bench-direct', ...direct, path: join(modelFolder(userDir), direct?.path ?? ''), wires }]
        : [
            { id: `${id}-model`, type: 'linewatch-onnx-model', backend: 'auto', threads: 0, deadlineMs: 10_000, ...model },
            { id, z, type: 'linewatch-onnx-infer', queueLimit: 100_000, ...infer, model: `${id}-model`, wires },
          ];
    return [
      { id: `${id}-source`, z, type: 'bench-source', line: id, wires: [[id]] },
      ...runner,
      ...sinks,
      { id: `${id}-catch`, z, type: 'catch', scope: [id], uncaught: false, wires: [[`${id}-error`]] },
    ];
  });
  // Every flow misses a type of ours while Node-RED starts, so that its start is always told after the types were registered.
  return [{ id: z, type: 'tab', label: 'bench' }, { id: 'any', z, type: 'bench-source', line: '', wires: [] }, ...nodes];
}
