import type { EventEmitter } from 'node:events';
import type { Server, Socket } from 'node:net';
import { LinewatchError } from '../../shared/errors.ts';

/** What a Modbus server shows. Each function may throw a ModbusException; whatever else it throws is answered as exception 4. */
export interface ServedDevice {
  /** @returns `count` words from `address` (0-based) */
  readHolding(address: number, count: number): ArrayLike<number>;
  writeHolding(address: number, words: number[]): void;
  readCoil(address: number): boolean;
  writeCoil(address: number, value: boolean): void;
}

/** An answer of the Modbus Application Protocol V1.1b3, clause 7: 1 function, 2 address, 3 value, 4 device failure, 11 unit not there. */
export class ModbusException extends Error {
  readonly modbusErrorCode: number;

  constructor(code: 1 | 2 | 3 | 4 | 11) {
    super(`Modbus exception ${code}`);
    this.modbusErrorCode = code;
  }
}

export interface ModbusServer {
  /** Off: open connections are reset, and so is each new one, until on again. The port stays taken. */
  setReachable(reachable: boolean): void;
  /** Resets all connections; resolves when the port is free. */
  close(): Promise<void>;
}

/** A gateway needs a handful; more is a client that never closes. */
const MAX_CONNECTIONS = 64;

/**
 * Starts a Modbus TCP server; the library is loaded with the first one. It answers one unit; for others it answers exception 11, at
 * once, as a gateway does for a unit that is not there.
 * @throws LinewatchError server-port-in-use, server-listen
 */
export async function serveModbus(options: { host: string; port: number; unit: number; device: ServedDevice }): Promise<ModbusServer> {
  const { host, port, unit, device } = options;
  const { ServerTCP } = (await import('modbus-serial')).default;
  const ofUnit = (asked: number) => {
    if (asked !== unit) throw new ModbusException(11);
  };
  const unknownFunction = () => {
    throw new ModbusException(1);
  };
  const server = new ServerTCP(
    {
      // The library asks for one word by another name than for several, and leaves a function without a handler unanswered.
      getHoldingRegister(address: number, asked: number) {
        ofUnit(asked);
        return device.readHolding(address, 1)[0] as number;
      },
      getMultipleHoldingRegisters(address: number, count: number, asked: number) {
        ofUnit(asked);
        if (count > 125) throw new ModbusException(3);
        return Array.from(device.readHolding(address, count));
      },
      setRegister(address: number, value: number, asked: number) {
        ofUnit(asked);
        device.writeHolding(address, [value]);
      },
      setRegisterArray(address: number, values: number[], asked: number) {
        ofUnit(asked);
        device.writeHolding(address, values);
      },
      getCoil(address: number, asked: number) {
        ofUnit(asked);
        return device.readCoil(address);
      },
      setCoil(address: number, value: boolean, asked: number) {
        ofUnit(asked);
        device.writeCoil(address, value);
      },
      getDiscreteInput: unknownFunction,
      getInputRegister: unknownFunction,
      getMultipleInputRegisters: unknownFunction,
    },
    // The library drops requests of other units in silence; with 255 they reach the handlers.
    { host, port, unitID: 255 },
  );
  const listener = (server as unknown as { _server: Server })._server;
  listener.maxConnections = MAX_CONNECTIONS;
  await listening(server as EventEmitter, { host, port });

  let reachable = true;
  // Errors of single connections end that connection; the library raises them as events nobody needs.
  server.on('socketError', () => {});
  listener.on('connection', (socket: Socket) => {
    if (!reachable) socket.resetAndDestroy();
  });
  const resetAll = () => {
    for (const socket of server.socks.keys()) socket.resetAndDestroy();
  };
  return {
    setReachable(on) {
      reachable = on;
      if (!on) resetAll();
    },
    close() {
      reachable = false;
      resetAll();
      return new Promise((resolve) => listener.close(() => resolve()));
    },
  };
}

function listening(server: EventEmitter, address: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.on('initialized', () => resolve());
    // It stays registered: after the start, an error would otherwise be thrown.
    server.on('serverError', (error: NodeJS.ErrnoException) => {
      const code = error.code === 'EADDRINUSE' ? 'server-port-in-use' : 'server-listen';
      const property = error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND' ? 'host' : 'port';
      reject(new LinewatchError(code, { property, ...address, reason: error.message }, error));
    });
  });
}
