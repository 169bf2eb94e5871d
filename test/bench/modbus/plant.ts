/** A fast foreign server and a Node-RED that reads it, in this process: once in a process. */
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { prepareUserDirectory } from '../../../scripts/user-directory.ts';
import type { Judge } from '../../ingest/modbus/judges/judge.ts';
import { startLibmodbus } from '../../ingest/modbus/judges/libmodbus.ts';
import { freePort } from '../../ingest/modbus/server.ts';
import { registerNode, startFlow } from '../gateway/node-red.ts';
import { demand } from '../gateway/traffic.ts';
import { type FlowOptions, ourFlow, PEER_REGISTERS, peerBlocks, peerFlow, TIMEOUT_MS, tagName } from './flows.ts';

/** `unqueued`: the peer with its queue of commands switched off, which is not its default. */
export type Kind = 'ours' | 'peer' | 'unqueued';
/**
 * The newest on npm. Its dependency @openp4nr/modbus-serial, a fork, is served by a host of its own and not by npm: `overrides` in
 * ../package.json put npm's modbus-serial in its place, which has all that these flows call.
 */
export const PEER = 'node-red-contrib-modbus 5.60.2';

const root = join(import.meta.dirname, '..', '..', '..');

/** Values that a message of the flow brought. */
export interface Reading {
  /** performance.now() */
  at: number;
  unit: number;
  /** The first tag's address: a scan of the peer comes in a message for each block. */
  address: number;
  tags: number;
  good: boolean;
  /** Which of the server's floats they are. */
  generation: number;
}

export interface Plant {
  readonly kind: Kind;
  server: Judge;
  port: number;
  onReading: (reading: Reading) => void;
  /** What came so far that was taken for good and is no value of its address. */
  wrong: number;
  /** Begins a scan of a unit whose reads begin with messages. */
  scan(unit?: number): void;
  /** Writes, and resolves with the message that says it was done. */
  write(value: number): Promise<object>;
  /** Another server process on the same port. */
  restart(generation: number): Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: a message's properties are anything
type Message = any;

/** Starts both and resolves when the first good values came (of every unit that answers, where reads begin by themselves). */
export async function startPlant(kind: Kind, flow: Omit<FlowOptions, 'port'>, silentUnit = 0): Promise<Plant> {
  const port = await freePort();
  const start = async (generation: number) => {
    const server = await startLibmodbus({ port });
    await server.ask(`floats ${generation}`);
    if (silentUnit !== 0) await server.ask(`silent ${silentUnit}`);
    return server;
  };
  const sources = new Map<string, { send(message: object): void }>();
  let written: (message: object) => void = () => {};
  let seen = 0;
  const take = (unit: number, message: Message) => {
    seen++;
    const reading = kind === 'ours' ? ofOurs(unit, message) : ofPeer(unit, message);
    // All values are looked at now and then only: it is no part of what is measured.
    const every = seen % 50 === 0 ? 1 : Math.max(1, reading.tags - 1);
    if (reading.good) plant.wrong += wrongOf(message.payload, reading, every);
    plant.onReading(reading);
  };
  const plant: Plant = {
    kind,
    server: await start(0),
    port,
    onReading: () => {},
    wrong: 0,
    scan(unit = 1) {
      const source = sources.get(`scan ${unit}`);
      if (kind === 'ours') source?.send({ payload: '' });
      else
        for (const block of peerBlocks(flow.reads.find((reads) => (reads.unit ?? 1) === unit)?.tags ?? 0))
          source?.send({ payload: { fc: 3, unitid: unit, ...block } });
    },
    write(value) {
      const bytes = Buffer.alloc(4);
      bytes.writeFloatBE(value);
      const address = flow.writeAddress;
      const words = [bytes.readUInt16BE(0), bytes.readUInt16BE(2)];
      return new Promise((resolve) => {
        written = resolve;
        sources.get('write')?.send({ payload: kind === 'ours' ? value : { value: words, fc: 16, unitid: 1, address, quantity: 2 } });
      });
    },
    async restart(generation) {
      plant.server = await start(generation);
    },
  };
  const userDir = mkdtempSync(join(tmpdir(), 'linewatch-bench-'));
  process.once('exit', () => rmSync(userDir, { recursive: true, force: true }));
  prepareUserDirectory(root, userDir);
  if (kind !== 'ours') {
    const installed = join(import.meta.dirname, '..', 'node_modules', 'node-red-contrib-modbus');
    symlinkSync(installed, join(userDir, 'node_modules', 'node-red-contrib-modbus'), 'junction');
  }
  const options = { port, ...flow };
  await startFlow(userDir, kind === 'ours' ? ourFlow(options) : peerFlow(options, kind === 'peer'), () => {
    registerNode('bench-source', (node, { name }) => {
      sources.set(name, node);
    });
    registerNode('bench-sink', (node, { name }) => {
      const unit = Number(/^unit (\d+)$/.exec(name)?.[1]);
      node.on('input', (message: Message) => (name === 'written' ? written(message) : take(unit, message)));
    });
  });
  await firstValues(plant, flow, silentUnit);
  return plant;
}

async function firstValues(plant: Plant, { reads }: Pick<FlowOptions, 'reads'>, silentUnit: number): Promise<void> {
  const answering = reads.map(({ unit = 1 }) => unit).filter((unit) => unit !== silentUnit);
  const had = new Set<number>();
  plant.onReading = ({ unit, good }) => good && had.add(unit);
  const onMessage = reads.filter(({ trigger }) => trigger === 'message');
  const deadline = performance.now() + 20_000;
  while (had.size < answering.length && performance.now() < deadline) {
    for (const { unit } of onMessage) plant.scan(unit);
    await delay(500);
  }
  await demand('the first good values', () => had.size === answering.length, 1);
  // What was asked for more than once has come as well.
  await delay(TIMEOUT_MS);
  plant.onReading = () => {};
}

function ofOurs(unit: number, { payload, tags }: Message): Reading {
  const names = Object.keys(payload);
  const first = names[0] as string;
  const good = tags[first].quality === 'Good' && tags[names.at(-1) as string].quality === 'Good';
  return readingOf(unit, payload, names, good);
}

function ofPeer(unit: number, { payload }: Message): Reading {
  return readingOf(unit, payload, Object.keys(payload), true);
}

function readingOf(unit: number, payload: Record<string, number>, names: string[], good: boolean): Reading {
  const address = Number(names[0]?.slice(1));
  const generation = good ? Math.floor((payload[names[0] as string] as number) / 65536) : -1;
  return { at: performance.now(), unit, address, tags: names.length, good, generation };
}

/** The server's floats: address + 65536 · generation. */
function wrongOf(payload: Record<string, number>, { tags }: Reading, every: number): number {
  const names = Object.keys(payload);
  let wrong = 0;
  for (let at = 0; at < tags; at += every) {
    const name = names[at] as string;
    if ((payload[name] as number) % 65536 !== Number(name.slice(1))) wrong++;
  }
  return wrong;
}

/** How many messages bring one scan of these tags. */
export const messagesOfScan = (kind: Kind, tags: number): number => (kind === 'ours' ? 1 : Math.ceil((2 * tags) / PEER_REGISTERS));

export { tagName };
