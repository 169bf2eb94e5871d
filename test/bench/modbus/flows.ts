/** The flows that are measured: what their users would make to read 1,000 float32 and to write one. */

/** How the reads of a flow begin: every so often by the node itself, or with each message. */
export type Trigger = { everyMs: number } | 'message';

export interface Reads {
  /** Float32 tags from holding register 0 on, one behind the other. */
  tags: number;
  trigger: Trigger;
  unit?: number;
}

export interface FlowOptions {
  port: number;
  reads: Reads[];
  /** Also a node that writes float32 at this holding register. */
  writeAddress?: number;
  /** Registers between tags that are read along; ours only. */
  gapRegisters?: number;
  /** Addresses of the tags, where they are not one behind the other; ours only. */
  addresses?: number[];
}

export const TIMEOUT_MS = 1000;
/** Whole float32 in one request of at most 125 registers. */
export const PEER_REGISTERS = 124;

const tab = { id: 'tab', type: 'tab', label: 'bench' };
const z = 'tab';

export const tagName = (address: number) => `t${address}`;

/** One connection; a modbus in for each unit, with one row a tag. */
export function ourFlow({ port, reads, writeAddress, gapRegisters = 4, addresses }: FlowOptions): object[] {
  const unitRow = { unit: '', maxRegisters: 125, maxBits: 2000, gapRegisters, gapBits: 64, pauseMs: 0 };
  const connection = {
    id: 'link',
    type: 'linewatch-modbus-connection',
    transport: 'tcp',
    host: '127.0.0.1',
    port,
    timeoutMs: TIMEOUT_MS,
    units: [unitRow],
  };
  const nodes = reads.flatMap(({ tags, trigger, unit = 1 }) => {
    const rows = (addresses ?? Array.from({ length: tags }, (_, index) => 2 * index)).map((address) => ({
      name: tagName(address),
      area: 'holding',
      // Zero-based, as on the wire.
      address: `#${address}`,
      type: 'float32',
      order: 'ABCD',
    }));
    const scan = trigger === 'message' ? { trigger: 'input', scanMs: 1000 } : { trigger: 'scan', scanMs: trigger.everyMs };
    return [
      { id: `source-${unit}`, z, type: 'bench-source', name: `scan ${unit}`, wires: [[`in-${unit}`]] },
      {
        id: `in-${unit}`,
        z,
        type: 'linewatch-modbus-in',
        connection: 'link',
        unit,
        send: 'every',
        topic: '',
        ...scan,
        tags: rows,
        wires: [[`sink-${unit}`]],
      },
      { id: `sink-${unit}`, z, type: 'bench-sink', name: `unit ${unit}`, wires: [] },
    ];
  });
  const writer = {
    id: 'out',
    z,
    type: 'linewatch-modbus-out',
    connection: 'link',
    unit: 1,
    area: 'holding',
    address: `#${writeAddress}`,
    dataType: 'float32',
    order: 'ABCD',
    count: '',
    armed: true,
    wires: [['sink-written']],
  };
  return [tab, connection, ...nodes, ...(writeAddress === undefined ? [] : [writer, ...aroundWriter])];
}

const aroundWriter = [
  { id: 'source-write', z, type: 'bench-source', name: 'write', wires: [['out']] },
  { id: 'sink-written', z, type: 'bench-sink', name: 'written', wires: [] },
];

/** What a user of it writes to get numbers: one function node behind all reads of a unit. */
const decode = `
const bytes = msg.responseBuffer.buffer;
const first = Number((msg.modbusRequest || msg.input.payload).address);
const values = {};
for (let at = 0; at < bytes.length; at += 4) values['t' + (first + at / 2)] = bytes.readFloatBE(at);
msg.payload = values;
return msg;`;

/** The fewest reads of whole float32 that bring the tags. */
export function peerBlocks(tags: number): { address: number; quantity: number }[] {
  const blocks: { address: number; quantity: number }[] = [];
  for (let address = 0; address < 2 * tags; address += PEER_REGISTERS) {
    blocks.push({ address, quantity: Math.min(PEER_REGISTERS, 2 * tags - address) });
  }
  return blocks;
}

/**
 * One client with the settings that its dialog offers a new one: commands queued, units side by side, 1 ms between
 * commands (the least it does), time-out 1 s, reconnect after 2 s. A scan every so often is one modbus-read for each block (17 for 1,000 float32,
 * as many requests as ours); a scan on a message goes through one modbus-flex-getter. No status texts, no I/O files. The
 * values are left in a message for each block: joining them into one would cost it more.
 * @param queued false: its queue switched off, against its default; many devices answer only one request at a time
 */
export function peerFlow({ port, reads, writeAddress }: FlowOptions, queued: boolean): object[] {
  const client = {
    id: 'client',
    type: 'modbus-client',
    name: '',
    clienttype: 'tcp',
    bufferCommands: queued,
    stateLogEnabled: false,
    queueLogEnabled: false,
    failureLogEnabled: false,
    tcpHost: '127.0.0.1',
    tcpPort: String(port),
    tcpType: 'DEFAULT',
    unit_id: '1',
    commandDelay: '1',
    clientTimeout: String(TIMEOUT_MS),
    reconnectOnTimeout: true,
    reconnectTimeout: '2000',
    parallelUnitIdsAllowed: true,
    showErrors: false,
    showWarnings: true,
    showLogs: true,
  };
  const quiet = { showStatusActivities: false, logIOActivities: false, showErrors: false, showWarnings: true, delayOnStart: false };
  const plain = { ...quiet, server: 'client', useIOFile: false, ioFile: '', useIOForPayload: false, emptyMsgOnFail: false };
  const nodes = reads.flatMap(({ tags, trigger, unit = 1 }) => {
    const wires = [[`decode-${unit}`], []];
    const readers =
      trigger === 'message'
        ? [
            { id: `source-${unit}`, z, type: 'bench-source', name: `scan ${unit}`, wires: [[`get-${unit}`]] },
            { id: `get-${unit}`, z, type: 'modbus-flex-getter', ...plain, keepMsgProperties: false, wires },
          ]
        : peerBlocks(tags).map(({ address, quantity }, index) => ({
            id: `read-${unit}-${index}`,
            z,
            type: 'modbus-read',
            ...plain,
            topic: '',
            unitid: String(unit),
            dataType: 'HoldingRegister',
            adr: String(address),
            quantity: String(quantity),
            rate: String(trigger.everyMs),
            rateUnit: 'ms',
            wires,
          }));
    return [
      ...readers,
      { id: `decode-${unit}`, z, type: 'function', func: decode, outputs: 1, wires: [[`sink-${unit}`]] },
      { id: `sink-${unit}`, z, type: 'bench-sink', name: `unit ${unit}`, wires: [] },
    ];
  });
  const writer = {
    id: 'out',
    z,
    type: 'modbus-flex-write',
    ...quiet,
    server: 'client',
    emptyMsgOnFail: false,
    keepMsgProperties: false,
    wires: [['sink-written'], []],
  };
  return [tab, client, ...nodes, ...(writeAddress === undefined ? [] : [writer, ...aroundWriter])];
}
