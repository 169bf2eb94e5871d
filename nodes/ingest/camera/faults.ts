import { LinewatchError } from '../../shared/errors.ts';
import { pictureKind } from './picture-kind.ts';
import type { Picture } from './source.ts';

const TLS_CODES = /^(ERR_TLS|ERR_SSL|EPROTO|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|INVALID_CA)/;

/** What a failed connection means. Only the host is named: a path or query may hold a password. */
export function connectionFault(host: string, thrown: unknown): LinewatchError {
  if (thrown instanceof LinewatchError) return thrown;
  const { code = '', message } = thrown as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED') return new LinewatchError('camera-refused', { host }, thrown);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return new LinewatchError('camera-host', { host }, thrown);
  if (TLS_CODES.test(code)) return new LinewatchError('camera-certificate', { host, reason: code }, thrown);
  // What answers speaks no HTTP, mostly as the port is another one's.
  if (code.startsWith('HPE_')) return new LinewatchError('camera-no-picture', { host, got: code }, thrown);
  if (code === 'ECONNRESET' || code === 'EPIPE' || message === 'aborted') return new LinewatchError('camera-ended', { host }, thrown);
  return new LinewatchError('camera-unreachable', { host, reason: code || 'unknown' }, thrown);
}

/** @throws LinewatchError camera-no-picture, camera-cut */
export function checkedPicture(bytes: Buffer, host: string, contentType = ''): Picture {
  const kind = pictureKind(bytes);
  if (kind === undefined) throw new LinewatchError('camera-no-picture', { host, got: shortly(bytes, contentType) });
  if (!kind.isWhole) throw new LinewatchError('camera-cut', { host, bytes: bytes.length });
  return { bytes, kind };
}

function shortly(bytes: Buffer, contentType: string): string {
  const type = /^[\w.+-]+\/[\w.+-]+/.exec(contentType)?.[0];
  return [...(type === undefined ? [] : [type]), `${bytes.length} bytes`].join(', ');
}

export const tooLarge = (host: string, limitMb: number): LinewatchError => new LinewatchError('camera-too-large', { host, limitMb });
