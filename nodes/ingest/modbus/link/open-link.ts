import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { LinewatchError } from '../../../shared/errors.ts';
import { type Endpoint, isRtu } from './endpoint.ts';
import type { Link, LinkContext } from './link.ts';
import { MbapLink } from './mbap-link.ts';
import { RtuLink } from './rtu-link.ts';
import { openSerial } from './serial.ts';
import { openTcp } from './tcp.ts';
import { openTls, tlsError } from './tls.ts';

/**
 * Opens the way to an endpoint, then waits `pauseMs` for devices that are not ready at once.
 * @param closed ends that wait, and what was opened
 * @throws LinewatchError modbus-refused … (tcp.ts), modbus-tls-… (tls.ts), modbus-serial-… (serial.ts), modbus-lost, modbus-closed
 */
export async function openLink(endpoint: Endpoint, context: LinkContext, pauseMs: number, closed: AbortSignal): Promise<Link> {
  const stream = await openStream(endpoint, context.timeoutMs);
  if (pauseMs > 0) await pause(pauseMs, undefined, { signal: closed }).catch(() => {});
  if (closed.aborted) {
    stream.destroy();
    throw new LinewatchError('modbus-closed', { label: context.label, sent: false });
  }
  if (stream.destroyed) throw new LinewatchError('modbus-lost', { label: context.label, sent: false });
  const baudRate = endpoint.transport === 'serial' ? endpoint.baudRate : undefined;
  return isRtu(endpoint)
    ? new RtuLink(stream, context, baudRate)
    : new MbapLink(stream, endpoint.transport === 'tls' ? { ...context, explain: (reason) => tlsError(endpoint, reason) } : context);
}

function openStream(endpoint: Endpoint, timeoutMs: number): Promise<Duplex> {
  if (endpoint.transport === 'serial') return openSerial(endpoint);
  return endpoint.transport === 'tls' ? openTls(endpoint, timeoutMs) : openTcp(endpoint, timeoutMs);
}
