/** A connection of ours to a real server, through a proxy that spoils answers. */
import { ModbusConnection } from '../../../../nodes/ingest/modbus/link/connection.ts';
import { defaultUnitSettings } from '../../../../nodes/ingest/modbus/link/unit-settings.ts';
import { Device } from '../../../../nodes/ingest/modbus/read/device.ts';
import type { Tag } from '../../../../nodes/ingest/modbus/tag/tag.ts';
import { realClock } from '../../../../nodes/shared/clock.ts';
import { seededRandom } from '../../../../nodes/shared/random.ts';
import { countFailure, hammer, judge, noOutcome, type Outcome, PAIRS, problemOf, STUCK_MS, within } from './hammer.ts';
import { type FaultProxy, startFaultProxy } from './proxy.ts';
import { openSerialLine } from './serial-line.ts';

export const faultyTransports = ['tcp', 'rtu-over-tcp', 'serial'] as const;
export type FaultyTransport = (typeof faultyTransports)[number];

export interface FaultyLinkOptions {
  transport: FaultyTransport;
  /** Of a libmodbus server that stamps. */
  serverPort: number;
  /** Its own, so that the server's stamps count its reads alone. */
  unit: number;
  /** The share of answers that something happens to. */
  rate: number;
  seed: number;
  /** Whether more registers may be asked for than are wanted, so that answers differ; a scan has no gap where they may not. */
  mayReadPast: boolean;
  timeoutMs?: number;
}

export interface FaultyLink {
  readonly options: FaultyLinkOptions;
  readonly outcome: Outcome;
  readonly proxy: FaultProxy;
  /** Reads at the connection, or scans of a device's tags, until `going` says no. */
  run(kind: 'reads' | 'scans', going: () => boolean): Promise<void>;
  close(): Promise<void>;
}

export const TIMEOUT_MS = 50;

export async function openFaultyLink(options: FaultyLinkOptions): Promise<FaultyLink> {
  const { transport, unit, rate, seed, mayReadPast, timeoutMs = TIMEOUT_MS } = options;
  const random = seededRandom(seed);
  const framing = transport === 'tcp' ? 'mbap' : 'rtu';
  const serial = transport === 'serial';
  const proxy = await startFaultProxy({ framing, serverPort: options.serverPort, timeoutMs, rate, random, serial });
  const line = serial ? await openSerialLine(proxy.port) : undefined;
  const endpoint =
    line === undefined
      ? { transport: transport as 'tcp' | 'rtu-over-tcp', host: '127.0.0.1', port: proxy.port }
      : {
          transport: 'serial' as const,
          path: line.ends[0],
          baudRate: 115_200,
          parity: 'none' as const,
          stopBits: 1 as const,
        };
  const connection = new ModbusConnection({ ...endpoint, timeoutMs }, realClock, seededRandom(seed + 1));
  const outcome = noOutcome();
  const served = () => proxy.served.get(unit) ?? 0;
  return {
    options,
    outcome,
    proxy,
    run(kind, going) {
      if (kind === 'scans') return scanOn(outcome, connection, options, going, served);
      // As a scan reads, and as "read now" does.
      const read = (address: number, length: number) =>
        connection.read(unit, 'holding', address, length, { mayReadPast, urgent: random() < 0.5 });
      return hammer(outcome, random, going, served, read);
    },
    async close() {
      connection.close();
      await line?.close();
      await proxy.close();
    },
  };
}

/** Tags as a modbus-in reads them, in pieces far enough apart for requests of their own. */
async function scanOn(
  outcome: Outcome,
  reader: ModbusConnection,
  { unit, mayReadPast }: FaultyLinkOptions,
  going: () => boolean,
  served: () => number,
): Promise<void> {
  const tags = Array.from({ length: PAIRS / 2 }, (_, index) => tagAt(2 * index + 200 * Math.floor(index / 7)));
  const settings = mayReadPast ? defaultUnitSettings : { ...defaultUnitSettings, gapRegisters: 0 };
  const device = new Device({ reader, unit, tags, settings, clock: realClock });
  while (going()) {
    const before = served();
    const start = performance.now();
    const end = await within(STUCK_MS, device.scan());
    outcome.longestMs = Math.max(outcome.longestMs, performance.now() - start);
    if (end === 'stuck') outcome.stuck++;
    else if ('error' in end) throw end.error;
    else {
      const { values, qualities, problem } = end.result;
      for (const [index, quality] of qualities.entries()) {
        if (quality !== 'Good') continue;
        const value = values[index] as number;
        const address = (tags[index] as Tag).address;
        judge(outcome, problemOf([Math.floor(value / 65536), value % 65536], address, 2, before));
      }
      if (problem === undefined) continue;
      await countFailure(outcome, problem.code, start);
    }
  }
}

const tagAt = (address: number): Tag => ({
  name: `t${address}`,
  area: 'holding',
  address,
  type: 'uint32',
  bit: 0,
  length: 0,
  order: 'ABCD',
  scale: 1,
  offset: 0,
  unit: '',
  description: '',
});
