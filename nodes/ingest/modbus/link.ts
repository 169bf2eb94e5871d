import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type ModbusSerial from 'modbus-serial';
import { LinewatchError } from '../../shared/errors.ts';
import type { EncodedWrite } from './codec.ts';
import { type Endpoint, exceptionError } from './fault.ts';
import { crc16, echoes, type Frame, MbapReader, mbapFrame } from './mbap.ts';
import { openSocket } from './socket.ts';
import { type Area, isBitArea } from './tag.ts';

type Client = ModbusSerial.default;
type Answer = { data?: (number | boolean)[] };
type Callback = (error: (Error & { modbusCode?: number }) | null, answer: Answer) => void;

/** A peer that left this many requests in a row unanswered is taken for gone; TCP itself would wait a quarter of an hour. */
const SILENT_REQUESTS = 3;
/** An answer to one of the last so many requests is late or doubled and is dropped; any other stray one is garbage. */
const LATE_REQUESTS = 1024;

/** One open connection to a Modbus server. One request at a time: the caller waits for each before the next. */
export interface Link {
  /**
   * @param length registers 1..125, or bits 1..2000
   * @returns the registers (0..65535) or bits, as many as asked for
   * @throws LinewatchError modbus-timeout, modbus-lost, modbus-answer, or one for an exception
   */
  read(unit: number, area: Area, address: number, length: number): Promise<(number | boolean)[]>;
  /** Resolves when the device has confirmed exactly this write. @throws as `read`, and modbus-echo */
  write(unit: number, write: EncodedWrite): Promise<void>;
  /** Whether any request was answered, an exception included. */
  readonly answered: boolean;
  close(): void;
}

/**
 * Connects; the library is loaded with the first connection.
 * @param onClose called once when the link has ended other than by `close`, in-flight requests being rejected already
 * @throws LinewatchError as `openSocket`
 */
export async function openLink(endpoint: Endpoint, onClose: (link: Link, error: LinewatchError) => void): Promise<Link> {
  const library = await import('modbus-serial');
  return new TcpLink(await openSocket(endpoint), library.default.default, endpoint, onClose);
}

/**
 * The port that the library talks through. It hands over RTU frames and takes such back; on the wire they are MBAP frames
 * with 16-bit transaction ids of our own. The library's own ids stay at 1: there is only ever one request.
 */
class Port extends EventEmitter {
  _transactionIdRead = 1;
  _transactionIdWrite = 1;
  readonly isOpen = true;
  readonly #send: (unit: number, pdu: Buffer) => void;

  constructor(send: (unit: number, pdu: Buffer) => void) {
    super();
    this.#send = send;
  }

  open(done: () => void): void {
    done();
  }

  write(rtu: Buffer): void {
    this.#send(rtu[0] as number, rtu.subarray(1, -2));
  }

  receive({ unit, pdu }: Frame): void {
    const rtu = Buffer.allocUnsafe(pdu.length + 3);
    rtu[0] = unit;
    pdu.copy(rtu, 1);
    rtu.writeUInt16LE(crc16(rtu, pdu.length + 1), pdu.length + 1);
    this.emit('data', rtu);
  }
}

interface Flight {
  unit: number;
  pdu?: Buffer;
  timer: NodeJS.Timeout;
  reject(error: LinewatchError): void;
}

class TcpLink implements Link {
  answered = false;
  readonly #socket: Socket;
  readonly #endpoint: Endpoint;
  readonly #onClose: (link: Link, error: LinewatchError) => void;
  readonly #client: Client;
  readonly #port = new Port((unit, pdu) => this.#send(unit, pdu));
  readonly #reader = new MbapReader();
  #flight: Flight | undefined;
  #sent = 0;
  #silent = 0;
  #open = true;

  constructor(
    socket: Socket,
    library: new (port: Port) => Client,
    endpoint: Endpoint,
    onClose: (link: Link, error: LinewatchError) => void,
  ) {
    this.#socket = socket;
    this.#endpoint = endpoint;
    this.#onClose = onClose;
    this.#client = new library(this.#port);
    this.#client.open();
    socket.on('data', (chunk) => this.#receive(chunk));
    // A half-closed peer ('end') will answer nothing more; a reset or a failure shows as 'close'.
    socket.on('end', () => this.#reset(this.#lost()));
    socket.on('close', () => this.#reset(this.#lost()));
    // What happened between the connection and this line.
    if (socket.destroyed) queueMicrotask(() => this.#reset(this.#lost()));
  }

  async read(unit: number, area: Area, address: number, length: number): Promise<(number | boolean)[]> {
    const client = this.#client;
    const answer = await this.#request(unit, `read ${area} ${address}..${address + length - 1}`, (done) => {
      if (area === 'coil') client.writeFC1(unit, address, length, done as never);
      else if (area === 'discrete') client.writeFC2(unit, address, length, done as never);
      else if (area === 'holding') client.writeFC3(unit, address, length, done as never);
      else client.writeFC4(unit, address, length, done as never);
    });
    const data = answer.data ?? [];
    // Bits come in whole bytes.
    const expected = isBitArea(area) ? Math.ceil(length / 8) * 8 : length;
    if (data.length === expected) return data;
    const problem = this.#misfit(`${data.length} values instead of ${expected}`);
    this.#reset(problem);
    throw problem;
  }

  async write(unit: number, { address, bit, words = [] }: EncodedWrite): Promise<void> {
    const client = this.#client;
    const last = address + Math.max(1, words.length) - 1;
    await this.#request(unit, bit === undefined ? `write holding ${address}..${last}` : `write coil ${address}`, (done) => {
      if (bit !== undefined) client.writeFC5(unit, address, bit, done as never);
      else if (words.length === 1) client.writeFC6(unit, address, words[0] as number, done as never);
      else client.writeFC16(unit, address, words, done as never);
    });
  }

  close(): void {
    this.#end(new LinewatchError('modbus-closed', { ...this.#endpoint, sent: true }));
  }

  #request(unit: number, name: string, send: (done: Callback) => void): Promise<Answer> {
    if (!this.#open) return Promise.reject(this.#lost(false));
    return new Promise((resolve, reject) => {
      this.#flight = { unit, reject, timer: setTimeout(() => this.#timedOut(unit), this.#endpoint.timeoutMs) };
      send((error, answer) => {
        if (this.#flight === undefined) return;
        if (error && error.modbusCode === undefined) return this.#reset(this.#misfit(error.message));
        this.#land();
        if (error) reject(exceptionError(error.modbusCode as number, unit, name));
        else resolve(answer);
      });
    });
  }

  #send(unit: number, pdu: Buffer): void {
    if (this.#flight !== undefined) this.#flight.pdu = pdu;
    this.#sent++;
    this.#socket.write(mbapFrame({ transaction: this.#sent & 0xffff, unit, pdu }));
  }

  #receive(chunk: Buffer): void {
    const problem = this.#reader.push(chunk, (frame) => this.#take(frame));
    if (problem !== '') this.#reset(this.#misfit(problem));
  }

  #take(frame: Frame): void {
    if (!this.#open) return;
    const age = (this.#sent - frame.transaction) & 0xffff;
    const { unit, pdu } = this.#flight ?? {};
    const expected = age === 0 && pdu !== undefined;
    if (!expected && age < Math.min(this.#sent, LATE_REQUESTS)) return;
    const problem = this.#problemOf(frame, unit, expected ? pdu : undefined);
    if (problem !== undefined) {
      this.#reset(problem);
      return;
    }
    this.answered = true;
    this.#silent = 0;
    this.#port.receive(frame);
  }

  #problemOf(frame: Frame, unit?: number, request?: Buffer): LinewatchError | undefined {
    if (request === undefined) return this.#misfit(`transaction id ${frame.transaction}`);
    if (frame.unit !== unit) return this.#misfit(`unit ${frame.unit}`);
    if (echoes(request, frame.pdu)) return undefined;
    return new LinewatchError('modbus-echo', { unit, expected: request.toString('hex'), got: frame.pdu.toString('hex') });
  }

  #timedOut(unit: number): void {
    const { host, port, timeoutMs } = this.#endpoint;
    const flight = this.#land();
    this.#silent++;
    flight?.reject(new LinewatchError('modbus-timeout', { unit, host, port, timeoutMs }));
    // Half a frame: what follows could not be told from its rest.
    if (this.#reader.pending > 0) this.#reset(this.#misfit(`${this.#reader.pending} bytes of an incomplete frame`));
    else if (this.#silent >= SILENT_REQUESTS) this.#reset(new LinewatchError('modbus-silent', { host, port, count: this.#silent }));
  }

  #land(): Flight | undefined {
    const flight = this.#flight;
    this.#flight = undefined;
    clearTimeout(flight?.timer);
    return flight;
  }

  #reset(error: LinewatchError): void {
    if (!this.#open) return;
    this.#end(error);
    this.#onClose(this, error);
  }

  #end(error: LinewatchError): void {
    this.#open = false;
    this.#socket.destroy();
    this.#land()?.reject(error);
  }

  #lost(sent = true): LinewatchError {
    const { host, port } = this.#endpoint;
    return new LinewatchError('modbus-lost', { host, port, sent });
  }

  #misfit(reason: string): LinewatchError {
    const { host, port } = this.#endpoint;
    return new LinewatchError('modbus-answer', { host, port, reason });
  }
}
