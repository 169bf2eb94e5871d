import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import type { Clock } from '../shared/clock.ts';
import { asLinewatchError, type ErrorContext, LinewatchError } from '../shared/errors.ts';
import { sharedClock } from './clock.ts';
import { logCaughtErrors } from './error-log.ts';
import { Fields } from './fields.ts';
import { guardedClock } from './guarded-clock.ts';
import { flowsStarted } from './started.ts';
import { type Language, runtimeLanguage, wordError, wordText } from './wording.ts';

/** A Node-RED message: what a node reads of it, it checks. */
export type Message = NodeMessage & Record<string, unknown>;

/** One message, or a list with one entry per output (null: nothing). */
export type Outgoing = Message | (Message | Message[] | null)[];

export type Colour = 'green' | 'yellow' | 'red' | 'grey' | 'blue';

/** What a running node is given. */
export interface NodeContext<Config> {
  readonly config: Config;
  /** What a callback throws shows as by `fail`. */
  readonly clock: Clock;
  readonly node: Node;
  readonly RED: NodeAPI;
  readonly language: Language;
  /** Resolves when the whole flow has started: the nodes that hear of errors and messages are there. */
  readonly started: Promise<void>;
  /** Sends outside an input; after close it does nothing. */
  send(message: Outgoing): void;
  /**
   * One short line: green working, yellow degraded, red broken. `key` is of the node's own catalogue, under `status.`.
   * `shape` is a ring unless green; a red dot is for a machine in trouble where the node itself works.
   */
  status(colour: Colour, key: string, values?: ErrorContext, shape?: 'dot' | 'ring'): void;
  /** An error outside an input: red status, one log line, and a Catch node receives it (with `message` where given). */
  fail(error: unknown, message?: Message): void;
  /** A text of the node's own catalogue in the runtime's language. */
  text(key: string, values?: ErrorContext): string;
}

/** What a running node does. */
export interface RunningNode {
  /** The message counts as done when this returns or its promise resolves, and as failed when it throws. */
  input?(message: Message, send: (message: Outgoing) => void): void | Promise<void>;
  /** `removed`: the node was deleted or disabled, not just redeployed. Node-RED waits 15 s at most. */
  close?(removed: boolean): void | Promise<void>;
  /** For config nodes: what the nodes that name this one use. */
  service?: unknown;
}

export interface NodeDefinition<Config> {
  type: `linewatch-${string}`;
  /** The node file's `import.meta.url`: its locales stand beside it. */
  url: string;
  /** Parses the dialog's values once. */
  read(fields: Fields, credentials: Record<string, string>): Config;
  start(context: NodeContext<Config>): RunningNode;
  credentials?: Record<string, { type: 'text' | 'password' }>;
  /** Runs once when Node-RED loads the node: admin endpoints belong here. */
  register?(RED: NodeAPI): void;
}

const LONGEST_STATUS = 80;
const services = new WeakMap<object, unknown>();

/**
 * The glue that every node shares: parses the config, words errors and statuses, calls `done` once, sends nothing after
 * close, and tells a fast clock when work is under way. A node whose config is wrong shows red, logs one line, and
 * answers each message with the same error, so that a Catch node sees it; the rest of the flow goes on.
 */
export function defineNode<Config>(definition: NodeDefinition<Config>): (RED: NodeAPI) => void {
  return (RED) => {
    definition.register?.(RED);
    function construct(this: Node, properties: NodeDef) {
      RED.nodes.createNode(this, properties);
      run(RED, this, properties, definition);
    }
    RED.nodes.registerType(
      definition.type,
      construct as never,
      (definition.credentials ? { credentials: definition.credentials } : undefined) as never,
    );
  };
}

/** The service of a config node named in a field. @throws LinewatchError config-node where there is none */
export function serviceOf<Service>(RED: NodeAPI, property: string, id: string, expected: string): Service {
  const node = id === '' ? null : RED.nodes.getNode(id);
  const service = node ? services.get(node) : undefined;
  if (service === undefined || node?.type !== `linewatch-${expected}`) {
    throw new LinewatchError('config-node', { property, expected: expected.replace('-', ' ') });
  }
  return service as Service;
}

function run<Config>(RED: NodeAPI, node: Node, properties: NodeDef, definition: NodeDefinition<Config>): void {
  const settings = RED.settings as unknown as Parameters<typeof sharedClock>[0] & { lang?: unknown };
  const language = runtimeLanguage(settings);
  const clock = sharedClock(settings);
  const forgetError = logCaughtErrors(node);
  const started = flowsStarted(RED);
  let closed = false;

  let shown = '';
  // Each status travels to all open editors; and one that comes after close would stand for the node's successor.
  const show = (fill: Colour, shape: 'dot' | 'ring', text: string) => {
    const next = `${fill} ${shape} ${text}`;
    if (closed || next === shown) return;
    shown = next;
    // One line below a node; the whole text stands in the log and in the error.
    node.status({ fill, shape, text: text.length > LONGEST_STATUS ? `${text.slice(0, LONGEST_STATUS - 1)}…` : text });
  };
  const status = (colour: Colour, key: string, values?: ErrorContext, shape?: 'dot' | 'ring') => {
    if (colour === 'green') forgetError();
    // The editor translates a text that is exactly a key of the node's catalogue; with values it can not.
    const text = values === undefined ? `status.${key}` : wordText(definition.url, language, `status.${key}`, values);
    show(colour, shape ?? (colour === 'green' ? 'dot' : 'ring'), text);
  };
  const worded = (error: LinewatchError) => {
    const text = wordError(error, language);
    // Not an Error: Node-RED would log the stack, and an engineer reads one line.
    return { code: error.code, message: text, toString: () => text };
  };
  const showError = (error: LinewatchError) => {
    const text = wordError(error, language);
    show('red', 'ring', text);
  };
  const fail = (thrown: unknown, message?: Message) => {
    if (closed) return;
    const error = asLinewatchError(thrown);
    showError(error);
    node.error(worded(error), (message ?? {}) as NodeMessage);
  };

  let running: RunningNode = {};
  let broken: LinewatchError | undefined;
  try {
    const lookUp = (variable: string) =>
      (RED.util as unknown as { getSetting(node: Node, name: string): unknown }).getSetting(node, variable);
    const config = definition.read(
      new Fields(properties, lookUp),
      (node as unknown as { credentials?: Record<string, string> }).credentials ?? {},
    );
    running = definition.start({
      config,
      clock: guardedClock(clock, fail),
      node,
      RED,
      language,
      started,
      send: (message) => {
        if (!closed) node.send(message as never);
      },
      status,
      fail,
      text: (key, values) => wordText(definition.url, language, key, values),
    });
    if (running.service !== undefined) services.set(node, running.service);
  } catch (thrown) {
    broken = asLinewatchError(thrown);
    showError(broken);
    // Catch nodes exist only once the whole flow has started.
    void started.then(() => fail(broken));
  }

  node.on('input', (message, send, done) => {
    const release = clock.hold();
    const finish = (thrown?: unknown) => {
      release();
      if (closed) return done();
      if (thrown === undefined) return done();
      const error = asLinewatchError(thrown);
      showError(error);
      done(worded(error) as never);
    };
    // Node-RED copies the message for Catch and Complete nodes: where it can not, `done` throws, and nobody else would take that.
    const finishSafely = (thrown?: unknown) => {
      try {
        finish(thrown);
      } catch (failure) {
        fail(failure, message as Message);
      }
    };
    if (broken !== undefined) return finishSafely(broken);
    const sendOpen = (outgoing: Outgoing) => {
      if (!closed) send(outgoing as never);
    };
    let result: void | Promise<void>;
    try {
      result = running.input?.(message as Message, sendOpen);
    } catch (thrown) {
      return finishSafely(thrown);
    }
    if (result instanceof Promise) result.then(() => finishSafely(), finishSafely);
    else finishSafely();
  });

  node.on('close', (removed: boolean, done: () => void) => {
    closed = true;
    services.delete(node);
    Promise.resolve()
      .then(() => running.close?.(removed))
      .catch((thrown) => node.warn(worded(asLinewatchError(thrown)).message))
      .finally(done);
  });
}
