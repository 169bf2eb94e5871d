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

/** A server that answers each request with what `onRequest` returns (nothing: silence). */
export async function startRawServer(onRequest: (request: Request) => Buffer | undefined): Promise<RawServer> {
  let count = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    raw.connections++;
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
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
  });
  server.listen(0, '127.0.0.1');
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

/** A port on which nothing listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
