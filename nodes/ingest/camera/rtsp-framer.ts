import { LinewatchError } from '../../shared/errors.ts';

/** One piece of what goes over an RTSP connection (RFC 2326). */
export type RtspPiece =
  /** A packet of the stream between the messages (10.12), as it came. */
  | { kind: 'packet'; bytes: Buffer }
  /** A request or an answer. Names of header fields as they came. */
  | { kind: 'message'; start: string; fields: [name: string, value: string][]; body: Buffer };

const MOST_HEAD_BYTES = 16_384;
const MOST_BODY_BYTES = 1 << 20;

/** Cuts one direction of an RTSP connection into its pieces. */
export class RtspFramer {
  #rest: Buffer = Buffer.alloc(0);

  /** @throws LinewatchError camera-stream where this is no RTSP */
  push(chunk: Buffer): RtspPiece[] {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const pieces: RtspPiece[] = [];
    while (bytes.length > 0) {
      const taken = bytes[0] === 0x24 ? packet(bytes) : message(bytes);
      if (taken === undefined) break;
      if (taken.piece !== undefined) pieces.push(taken.piece);
      bytes = bytes.subarray(taken.length);
    }
    this.#rest = bytes;
    return pieces;
  }
}

interface Taken {
  piece?: RtspPiece;
  length: number;
}

function packet(bytes: Buffer): Taken | undefined {
  if (bytes.length < 4) return undefined;
  const length = 4 + bytes.readUInt16BE(2);
  return bytes.length < length ? undefined : { piece: { kind: 'packet', bytes: bytes.subarray(0, length) }, length };
}

function message(bytes: Buffer): Taken | undefined {
  // Some cameras put empty lines between messages.
  if (bytes[0] === 0x0d || bytes[0] === 0x0a) return { length: 1 };
  const end = bytes.subarray(0, MOST_HEAD_BYTES).indexOf('\r\n\r\n', 0, 'latin1');
  if (end < 0) {
    if (bytes.length >= MOST_HEAD_BYTES) throw new LinewatchError('camera-stream');
    return undefined;
  }
  const [start = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const fields = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, Math.max(0, colon)).trim(), line.slice(colon + 1).trim()];
  });
  const announced = Number(field(fields, 'content-length') ?? 0);
  if (!(announced >= 0 && announced <= MOST_BODY_BYTES)) throw new LinewatchError('camera-stream');
  const length = end + 4 + announced;
  if (bytes.length < length) return undefined;
  return { piece: { kind: 'message', start, fields, body: bytes.subarray(end + 4, length) }, length };
}

/** The values of a header field, joined; undefined where there is none. */
export function field(fields: readonly [string, string][], name: string): string | undefined {
  const values = fields.filter(([known]) => known.toLowerCase() === name).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(', ');
}

export function encodeMessage(start: string, fields: readonly [string, string][], body: Buffer): Buffer {
  const head = [start, ...fields.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n');
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}
