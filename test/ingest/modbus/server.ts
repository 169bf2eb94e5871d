/** Servers for the tests: a real one (modbus-serial's), and one whose every byte a test decides. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { ServerTCP } from 'modbus-serial';

export interface TestServer {
  port: number;
  holding: Uint16Array;
  coils: boolean[];
  /** Requests of registers, e.g. `3 0 10` (function, address, length) for unit 1. */
  requests: string[];
  close(): Promise<void>;
}

/**
 * @param options.missing addresses of holding registers that answer "illegal data address"
 * @param options.port a free one where it is missing
 */
export async function startServer(options: { port?: number; missing?: number[] } = {}): Promise<TestServer> {
  const holding = new Uint16Array(65536);
  const coils: boolean[] = new Array(65536).fill(false);
  const requests: string[] = [];
  const readHolding = (address: number, length: number) => {
    requests.push(`3 ${address} ${length}`);
    const bad = options.missing?.some((missing) => missing >= address && missing < address + length);
    if (bad) throw Object.assign(new Error('illegal address'), { modbusErrorCode: 2 });
    return [...holding.subarray(address, address + length)];
  };
  const server = new ServerTCP(
    {
      getMultipleHoldingRegisters: (address: number, length: number) => readHolding(address, length),
      getMultipleInputRegisters: (address: number, length: number) =>
        [...holding.subarray(address, address + length)].map((word) => word ^ 0xffff),
      // The library asks for single registers one by one.
      getHoldingRegister: (address: number) => readHolding(address, 1)[0] as number,
      getCoil: (address: number) => coils[address] as boolean,
      getDiscreteInput: (address: number) => !coils[address],
      setCoil: (address: number, value: boolean) => {
        coils[address] = value;
      },
      setRegister: (address: number, value: number) => {
        holding[address] = value;
      },
    },
    // The library takes 0 for 502, which only root may listen on.
    { host: '127.0.0.1', port: options.port ?? (await freePort()), unitID: 1 },
  );
  await new Promise<void>((resolve, reject) => {
    server.on('initialized', () => resolve());
    server.on('serverError', (error) => reject(error));
  });
  const { port } = (server as unknown as { _server: Server })._server.address() as AddressInfo;
  return { port, holding, coils, requests, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

export interface Request {
  /** The whole request as it came. */
  bytes: Buffer;
  transaction: number;
  unit: number;
  pdu: Buffer;
  socket: Socket;
  /** How many requests this server had before. */
  count: number;
  /** A well-formed answer to this request with this PDU; each part can be made wrong. */
  answer(pdu: Buffer | number[], wrong?: { transaction?: number; unit?: number; protocol?: number; length?: number }): Buffer;
}

export interface RawServer {
  port: number;
  /** Connections taken so far. */
  connections: number;
  sockets: Set<Socket>;
  close(): Promise<void>;
}

async function startListening(onConnection: (socket: Socket) => void, port = 0): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    raw.connections++;
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    onConnection(socket);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const raw: RawServer = {
    port: (server.address() as AddressInfo).port,
    connections: 0,
    sockets,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return raw;
}

/** A server that answers each request with what `onRequest` returns (nothing: silence). */
export async function startRawServer(onRequest: (request: Request) => Buffer | undefined, port = 0): Promise<RawServer> {
  let count = 0;
  return startListening((socket) => {
    socket.on('data', (bytes) => {
      const transaction = bytes.readUInt16BE(0);
      const unit = bytes[6] as number;
      const answer: Request['answer'] = (pdu, wrong = {}) => {
        const header = Buffer.alloc(7);
        header.writeUInt16BE(wrong.transaction ?? transaction, 0);
        header.writeUInt16BE(wrong.protocol ?? 0, 2);
        header.writeUInt16BE(wrong.length ?? pdu.length + 1, 4);
        header[6] = wrong.unit ?? unit;
        return Buffer.concat([header, Buffer.from(pdu)]);
      };
      const reply = onRequest({ bytes, transaction, unit, pdu: bytes.subarray(7), socket, count: count++, answer });
      if (reply !== undefined && !socket.destroyed) socket.write(reply);
    });
  }, port);
}

export interface RtuRequest {
  unit: number;
  pdu: Buffer;
  socket: Socket;
  count: number;
}

/** A serial line's frame: unit, PDU, checksum (bit by bit, as Modbus over Serial Line V1.02 has it in 6.2.2). */
export function serialFrame(unit: number, pdu: Buffer | number[]): Buffer {
  const bytes = Buffer.from([unit, ...pdu]);
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return Buffer.concat([bytes, Buffer.from([crc & 255, crc >> 8])]);
}

/** What a device with register n = n answers to a read, an echo to everything else. */
export function plainAnswer(pdu: Buffer, valueAt = (address: number) => address & 0xffff): Buffer {
  const code = pdu[0] as number;
  if (code === 7) return Buffer.from([7, 0]);
  if (code === 15 || code === 16) return pdu.subarray(0, 5);
  if (code > 4) return pdu;
  const first = pdu.readUInt16BE(1);
  const count = pdu.readUInt16BE(3);
  if (first + count > 65536) return Buffer.from([code | 0x80, 2]);
  const bytes = code <= 2 ? Math.ceil(count / 8) : 2 * count;
  const answer = Buffer.alloc(2 + bytes);
  answer[0] = code;
  answer[1] = bytes;
  for (let index = 0; index < count; index++) {
    const value = valueAt(first + index);
    if (code > 2) answer.writeUInt16BE(value, 2 + 2 * index);
    else if (value & 1) answer[2 + (index >> 3)] = (answer[2 + (index >> 3)] as number) | (1 << (index & 7));
  }
  return answer;
}

/** A serial device behind a TCP converter: gives `onRequest` each request, and sends what that returns. */
export async function startRtuServer(onRequest: (request: RtuRequest) => Buffer | undefined): Promise<RawServer> {
  let count = 0;
  return startListening((socket) => {
    socket.setNoDelay(true);
    let bytes = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      for (;;) {
        const code = bytes[1];
        const size = code === 7 ? 4 : code === 22 ? 10 : code === 15 || code === 16 ? 9 + (bytes[6] ?? 0) : 8;
        if (bytes.length < size) return;
        const [unit, pdu] = [bytes[0] as number, bytes.subarray(1, size - 2)];
        bytes = bytes.subarray(size);
        const reply = onRequest({ unit, pdu, socket, count: count++ });
        if (reply !== undefined && !socket.destroyed) socket.write(reply);
      }
    });
  });
}

/** A port on which nothing listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
