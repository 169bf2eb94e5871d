import { isIP } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { LinewatchError } from '../../../shared/errors.ts';
import { connectError } from '../protocol/fault.ts';
import { KEEP_ALIVE } from './tcp.ts';

export interface TlsEndpoint {
  host: string;
  port: number;
  /** As Node-RED's own `tls-config` gives it: `ca`, `cert`, `key`, `servername`, `rejectUnauthorized`. */
  secure: ConnectionOptions;
}

/**
 * A connected TLS socket whose peer has shown a certificate that is accepted. With TLS 1.3 a peer that refuses ours says so only
 * afterwards: see `tlsError`.
 * @throws LinewatchError modbus-tls-…, modbus-refused, modbus-host, modbus-unreachable, modbus-connect-timeout
 */
export function openTls(endpoint: TlsEndpoint, timeoutMs: number): Promise<TLSSocket> {
  const { host, port, secure } = endpoint;
  return new Promise((resolve, reject) => {
    const fail = (error: LinewatchError) => {
      clearTimeout(timer);
      socket?.destroy();
      reject(error);
    };
    const timer = setTimeout(() => fail(new LinewatchError('modbus-connect-timeout', { host, port, timeoutMs })), timeoutMs);
    let socket: TLSSocket | undefined;
    try {
      // A name to ask for may not be an address (RFC 6066, 3).
      const servername = secure.servername || (isIP(host) ? '' : host);
      socket = connect({ ...secure, host, port, servername, ...KEEP_ALIVE });
    } catch (reason) {
      // A key that does not belong to the certificate, a wrong passphrase.
      return fail(new LinewatchError('modbus-tls', { host, port, reason: (reason as Error).message }, reason));
    }
    const onError = (reason: NodeJS.ErrnoException) => fail(tlsError(endpoint, reason) ?? connectError(endpoint, reason));
    const onEnd = () => fail(tlsError(endpoint));
    socket.once('error', onError).once('end', onEnd);
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      socket.removeListener('error', onError).removeListener('end', onEnd);
      // The link watches 'close', and looks into `errored` for the reason; an alert of the peer does not set it by itself.
      socket.on('error', (reason) => socket.destroy(reason));
      resolve(socket);
    });
  });
}

const untrusted = [
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_UNTRUSTED',
  'INVALID_CA',
];

/**
 * What a failure of TLS means; undefined where it is none of TLS but of the connection.
 * @param reason none where the peer just ended the connection, before it answered anything
 */
export function tlsError(endpoint: { host: string; port: number }): LinewatchError;
export function tlsError(endpoint: { host: string; port: number }, reason: NodeJS.ErrnoException | null): LinewatchError | undefined;
export function tlsError(
  { host, port }: { host: string; port: number },
  reason: NodeJS.ErrnoException | null = null,
): LinewatchError | undefined {
  if (reason === null) return new LinewatchError('modbus-tls-ended', { host, port });
  const code = reason.code ?? '';
  const context = { host, port, reason: code };
  if (untrusted.includes(code)) return new LinewatchError('modbus-tls-authority', context, reason);
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') return new LinewatchError('modbus-tls-expired', context, reason);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return new LinewatchError('modbus-tls-name', { host, port, reason: reason.message }, reason);
  // The alerts of RFC 8446, 6.2, with which a peer refuses a certificate or the lack of one.
  if (/ALERT_(CERTIFICATE|BAD_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|UNSUPPORTED_CERTIFICATE)|ALERT_HANDSHAKE_FAILURE/.test(code)) {
    return new LinewatchError('modbus-tls-refused', context, reason);
  }
  if (/^(ERR_SSL|ERR_TLS|EPROTO|ERR_OSSL)/.test(code))
    return new LinewatchError('modbus-tls', { host, port, reason: code === 'EPROTO' ? reason.message : code }, reason);
  return undefined;
}
