import { type ErrorCode, LinewatchError } from '../../../shared/errors.ts';
import type { Quality } from '../../../shared/messages.ts';

const exceptionCodes: Record<number, ErrorCode> = {
  1: 'modbus-illegal-function',
  2: 'modbus-illegal-address',
  3: 'modbus-illegal-value',
  4: 'modbus-device-failure',
  6: 'modbus-device-busy',
  10: 'modbus-gateway',
  11: 'modbus-gateway',
};

/**
 * The error for an exception answer (Modbus Application Protocol V1.1b3, 7).
 * @param request what was asked, e.g. `read holding 0..9`
 */
export function exceptionError(exception: number, unit: number, request: string): LinewatchError {
  return new LinewatchError(exceptionCodes[exception] ?? 'modbus-exception', { unit, request, exception });
}

/** The error for a connection that did not come about. @param reason the socket's error, with its `code` */
export function connectError({ host, port }: { host: string; port: number }, reason: NodeJS.ErrnoException): LinewatchError {
  if (reason.code === 'ECONNREFUSED') return new LinewatchError('modbus-refused', { host, port }, reason);
  if (reason.code === 'ENOTFOUND' || reason.code === 'EAI_AGAIN') return new LinewatchError('modbus-host', { host, port }, reason);
  // An attempt on several addresses of one name fails with an AggregateError, whose own message is empty.
  return new LinewatchError('modbus-unreachable', { host, port, reason: reason.code ?? reason.message }, reason);
}

const notConnected: readonly ErrorCode[] = [
  'modbus-refused',
  'modbus-host',
  'modbus-connect-timeout',
  'modbus-unreachable',
  'modbus-lost',
  'modbus-silent',
  'modbus-closed',
  'modbus-tls',
  'modbus-tls-authority',
  'modbus-tls-expired',
  'modbus-tls-name',
  'modbus-tls-refused',
  'modbus-tls-ended',
  'modbus-serial',
  'modbus-serial-library',
  'modbus-serial-missing',
  'modbus-serial-permission',
  'modbus-serial-busy',
];

/** The quality of a tag whose read failed so. */
export function qualityOf({ code }: LinewatchError): Quality {
  if (notConnected.includes(code)) return 'BadNotConnected';
  if (code === 'modbus-timeout' || code === 'modbus-unit-silent' || code === 'modbus-overdue') return 'BadTimeout';
  if (code === 'modbus-illegal-address') return 'BadOutOfRange';
  return 'BadNoCommunication';
}

const wholeUnit: readonly ErrorCode[] = ['modbus-answer', 'modbus-line', 'modbus-gateway', 'modbus-broadcast-read'];

/** Whether the other requests to the same unit would fare no better now: the link or the unit is at fault, not the address. */
export function concernsWholeUnit(error: LinewatchError): boolean {
  const quality = qualityOf(error);
  return quality === 'BadNotConnected' || quality === 'BadTimeout' || wholeUnit.includes(error.code);
}

/** Whether a device may answer so because of one of several addresses, or of their number: smaller requests may succeed. */
export function mayFitInParts({ code }: LinewatchError): boolean {
  return code === 'modbus-illegal-address' || code === 'modbus-illegal-value';
}

const unconfirmed: readonly ErrorCode[] = ['modbus-timeout', 'modbus-answer', 'modbus-line', 'modbus-echo', 'modbus-broadcast'];

/** A device that failed while it carried the write out (4), one that is still at work (5), a gateway that has passed it on without an answer (11). */
const atWork: readonly unknown[] = [4, 5, 11];

/** Whether a write that failed so may have been carried out, all or in part: it was sent, and nobody said that it was not. */
export function writeMayHaveHappened({ code, context }: LinewatchError): boolean {
  if (context.sent === false) return false;
  if (unconfirmed.includes(code)) return true;
  if (code === 'modbus-lost' || code === 'modbus-closed' || code === 'modbus-tls-ended') return context.sent === true;
  return atWork.includes(context.exception);
}
