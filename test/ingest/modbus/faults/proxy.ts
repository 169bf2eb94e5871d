/** Stands between a client and a real Modbus TCP server and lets happen to answers what happens to them in plants. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Random } from '../../../../nodes/shared/random.ts';
import { type Adu, FrameCutter, type Framing, frameOf } from './frames.ts';
import { type Fault, faultsOf, type Injured, injure, whole } from './injury.ts';

const READ_HOLDING = 3;

export interface FaultProxy {
  /** Where clients connect. */
  port: number;
  /** Requests that clients sent. */
  requests: number;
  /** How many requests of each unit the server has served, as its answers say (16 bits): a younger read must have more. */
  served: Map<number, number>;
  /** How often each fault happened. */
  happened: Map<Fault, number>;
  close(): Promise<void>;
}

export interface FaultOptions {
  framing: Framing;
  /** Of a libmodbus server that stamps. */
  serverPort: number;
  /** The clients': how late is late. */
  timeoutMs: number;
  /** The share of answers that something happens to. */
  rate: number;
  random: Random;
  /** A serial line is behind it: there is nothing to reset. */
  serial?: boolean;
  /** Nothing but these; else all that the transport can have. */
  only?: readonly Fault[];
}

export async function startFaultProxy(options: FaultOptions): Promise<FaultProxy> {
  const { framing, random, timeoutMs, rate } = options;
  const possible = options.only ?? faultsOf(framing, options.serial !== true);
  const server = connect({ host: '127.0.0.1', port: options.serverPort, noDelay: true });
  await once(server, 'connect');
  const clients = new Set<Line>();
  /** Of the proxy's transaction ids with the server: who asked. */
  const asked = new Map<number, { line: Line; transaction: number }>();
  const bag: Fault[] = [];
  let forwarded = 0;

  const ask = (line: Line, { transaction, unit, pdu }: Adu) => {
    proxy.requests++;
    forwarded = (forwarded + 1) & 0xffff;
    asked.set(forwarded, { line, transaction });
    server.write(frameOf('mbap', { transaction: forwarded, unit, pdu }));
  };
  const fate = (answer: Adu): Injured => {
    if (random() >= rate) return whole(frameOf(framing, answer));
    // One after the other out of a bag, so that each comes up as often as any other.
    if (bag.length === 0) bag.push(...possible);
    const [fault] = bag.splice(Math.floor(random() * bag.length), 1) as [Fault];
    proxy.happened.set(fault, (proxy.happened.get(fault) ?? 0) + 1);
    return injure(fault, answer, framing, timeoutMs, random);
  };
  const fromServer = new FrameCutter('mbap');
  server.on('data', (chunk) => {
    for (const { transaction, unit, pdu } of fromServer.push(chunk)) {
      const who = asked.get(transaction);
      asked.delete(transaction);
      // Function, byte count, the first register: the stamp.
      if (pdu[0] === READ_HOLDING && pdu.length >= 4) proxy.served.set(unit, pdu.readUInt16BE(2));
      who?.line.deliver(fate({ transaction: who.transaction, unit, pdu }));
    }
  });
  server.on('error', () => {});

  const listener = createServer({ noDelay: true }, (socket) => {
    const line = new Line(socket);
    const requests = new FrameCutter(framing);
    clients.add(line);
    socket.on('data', (chunk) => {
      for (const request of requests.push(chunk)) ask(line, request);
    });
    socket
      .on('error', () => {})
      .on('close', () => {
        clients.delete(line);
        line.close();
      });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const proxy: FaultProxy = {
    port: (listener.address() as AddressInfo).port,
    requests: 0,
    served: new Map(),
    happened: new Map(),
    async close() {
      for (const line of clients) line.close();
      server.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
  return proxy;
}

/** The way to one client, one frame at a time: a slow one holds up what comes after it, as on a bus. */
class Line {
  readonly #socket: Socket;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #queue: Injured[] = [];
  #busy = false;
  #held: Buffer[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  deliver(answer: Injured): void {
    this.#queue.push(answer);
    this.#next();
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#queue.length = 0;
    this.#socket.destroy();
  }

  #next(): void {
    if (this.#busy) return;
    const answer = this.#queue.shift();
    if (answer === undefined) return;
    this.#busy = true;
    this.#send(answer, 0);
  }

  #send(answer: Injured, at: number): void {
    const { parts, apart, held, reset } = answer;
    const part = parts[at];
    if (part !== undefined) {
      this.#after(part.afterMs, () => {
        if (held) this.#held.push(part.bytes);
        else this.#socket.write(Buffer.concat([...this.#held.splice(0), part.bytes]));
        this.#send(answer, at + 1);
      });
      return;
    }
    if (apart !== undefined) this.#after(apart.afterMs, () => this.deliver(whole(apart.bytes)));
    if (reset) this.#socket.resetAndDestroy();
    this.#busy = false;
    this.#next();
  }

  #after(ms: number, act: () => void): void {
    if (ms === 0) {
      act();
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  }
}
