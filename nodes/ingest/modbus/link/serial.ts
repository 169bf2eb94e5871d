import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SerialPort as Port } from 'serialport';
import { LinewatchError } from '../../../shared/errors.ts';
import type { SerialSettings } from './endpoint.ts';

/** The only file that knows the package serialport. It is optional, and loaded with the first serial connection. */

export interface FoundPort {
  path: string;
  /** Who made the adapter, as far as it says so. */
  maker: string;
}

/** Ports that are being closed: one that is opened again must wait for that. */
const closing = new Map<string, Promise<void>>();
/** Some drivers (Bluetooth, an adapter that hangs) never say whether a port could be opened or closed. */
const OPEN_TIMEOUT_MS = 10_000;

/** The serial ports of this computer. @throws LinewatchError modbus-serial-library */
export async function listSerialPorts(): Promise<FoundPort[]> {
  const { SerialPort } = await library();
  const ports = await SerialPort.list();
  // Linux lists ports that its mainboards might have; those of adapters are the ones meant nearly always.
  const isReal = ({ path, pnpId, manufacturer }: (typeof ports)[number]) =>
    pnpId !== undefined || manufacturer !== undefined || !/ttyS\d+$/.test(path);
  return ports.filter(isReal).map(({ path, manufacturer }) => ({ path, maker: manufacturer ?? '' }));
}

/**
 * Opens a serial port. Destroying the stream closes it.
 * @throws LinewatchError modbus-serial-library, modbus-serial-missing, modbus-serial-permission, modbus-serial-busy, modbus-serial
 */
export function openSerial(settings: SerialSettings): Promise<Duplex> {
  return openInTime(open(settings), settings.path, OPEN_TIMEOUT_MS);
}

/** What opens too late is closed again. @throws LinewatchError modbus-serial, and those of `opening` */
export async function openInTime(opening: Promise<Duplex>, path: string, timeoutMs: number): Promise<Duplex> {
  const done = new AbortController();
  const late = sleep(timeoutMs, undefined, { signal: done.signal }).catch(() => undefined);
  try {
    const stream = await Promise.race([opening, late]);
    if (stream !== undefined) return stream;
  } finally {
    done.abort();
  }
  opening.then(
    (stream) => stream.destroy(),
    () => {},
  );
  throw new LinewatchError('modbus-serial', { path, reason: `it did not open within ${timeoutMs / 1000} s` });
}

async function open({ path, baudRate, parity, stopBits }: SerialSettings): Promise<Duplex> {
  const { SerialPort } = await library();
  await closing.get(path);
  const port = new SerialPort({ path, baudRate, dataBits: 8, parity, stopBits, autoOpen: false });
  const failure = await new Promise<Error | null>((resolve) => port.open(resolve));
  if (failure !== null) throw await openError(path, failure);
  port._destroy = (error, done) => {
    if (!port.isOpen) return done(error);
    const closed = new Promise<void>((resolve) => port.close(() => resolve())).then(() => {
      closing.delete(path);
      done(error);
    });
    closing.set(path, closed);
  };
  // An 'error' is always followed by 'close', which the link watches.
  port.on('error', () => port.destroy());
  await discardOld(port);
  return port;
}

/** What came before we opened the port is nobody's answer. */
const discardOld = (port: Port) => new Promise<void>((resolve) => port.flush(() => resolve()));

async function library(): Promise<typeof import('serialport')> {
  try {
    return await import('serialport');
  } catch (error) {
    throw new LinewatchError('modbus-serial-library', { reason: reasonOf(error) }, error);
  }
}

async function openError(path: string, failure: Error): Promise<LinewatchError> {
  const reason = reasonOf(failure);
  if (/no such|not found|cannot find/i.test(reason)) {
    const found = await listSerialPorts().catch(() => []);
    return new LinewatchError('modbus-serial-missing', { path, found: found.map((port) => port.path).join(', ') || '–' }, failure);
  }
  if (/lock|busy|in use/i.test(reason)) return new LinewatchError('modbus-serial-busy', { path }, failure);
  if (/denied|permitted|permission/i.test(reason)) {
    // Windows says the same of a port that another program has open, and has no permissions of its own.
    const isForbidden = process.platform !== 'win32';
    return new LinewatchError(isForbidden ? 'modbus-serial-permission' : 'modbus-serial-busy', { path }, failure);
  }
  return new LinewatchError('modbus-serial', { path, reason }, failure);
}

const reasonOf = (thrown: unknown) =>
  (thrown instanceof Error ? thrown.message : String(thrown)).split('\n')[0]?.replace(/^Error:? /, '') ?? '';
