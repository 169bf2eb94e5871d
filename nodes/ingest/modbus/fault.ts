import { type ErrorCode, LinewatchError } from '../../shared/errors.ts';
import type { Quality } from '../../shared/messages.ts';

/** Where a connection leads; part of every error. */
export interface Endpoint {
  host: string;
  port: number;
  timeoutMs: number;
}

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
export function connectError(endpoint: Endpoint, reason: NodeJS.ErrnoException): LinewatchError {
  const { host, port } = endpoint;
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
];

/** The quality of a tag whose read failed so. */
export function qualityOf({ code }: LinewatchError): Quality {
  if (notConnected.includes(code)) return 'BadNotConnected';
  if (code === 'modbus-timeout') return 'BadTimeout';
  if (code === 'modbus-illegal-address') return 'BadOutOfRange';
  return 'BadNoCommunication';
}

/** Whether the other requests to the same unit would fare no better now: the link or the unit is at fault, not the address. */
export function concernsWholeUnit(error: LinewatchError): boolean {
  const quality = qualityOf(error);
  return quality === 'BadNotConnected' || quality === 'BadTimeout' || error.code === 'modbus-answer' || error.code === 'modbus-gateway';
}

/** Whether a device may answer so because of one of several addresses, or of their number: smaller requests may succeed. */
export function mayFitInParts({ code }: LinewatchError): boolean {
  return code === 'modbus-illegal-address' || code === 'modbus-illegal-value';
}

/**
 * Whether a write that failed so may have been carried out: it was sent, and nobody said that it was not. An
 * "acknowledge" (exception 5) is still at work, and a gateway without an answer (11) has passed it on.
 */
export function writeMayHaveHappened({ code, context }: LinewatchError): boolean {
  if (code === 'modbus-timeout' || code === 'modbus-answer' || code === 'modbus-echo') return true;
  if (code === 'modbus-lost' || code === 'modbus-closed') return context.sent === true;
  return context.exception === 5 || context.exception === 11;
}
