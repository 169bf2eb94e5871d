import { LinewatchError } from '../../shared/errors.ts';
import type { CameraLogin } from './login.ts';
import { encodeMessage, field, type RtspPiece } from './rtsp-framer.ts';

type RtspMessage = Extract<RtspPiece, { kind: 'message' }>;

interface Asked {
  request: RtspMessage;
  method: string;
  uri: string;
  refusals: number;
}

const MOST_REFUSALS = 2;
const MOST_UNANSWERED = 100;

/**
 * What stands between a player that knows no login and a camera that wants one: requests get the camera's own address and
 * `Authorization`, refusals are answered here, all else passes.
 */
export class RtspSession {
  readonly #host: string;
  readonly #from: string;
  readonly #to: string;
  readonly #login: CameraLogin;
  readonly #asked = new Map<string, Asked>();
  #sequence = 0;

  /** @param from what the player takes for the camera's address; `to`: the camera's own */
  constructor(host: string, from: string, to: string, login: CameraLogin) {
    this.#host = host;
    this.#from = from;
    this.#to = to;
    this.#login = login;
  }

  /** @returns bytes for the camera */
  fromPlayer(piece: RtspPiece): Buffer {
    if (piece.kind === 'packet') return piece.bytes;
    const [method = '', uri = ''] = piece.start.split(' ');
    // An answer to a request of the camera, if it ever makes one.
    if (method.startsWith('RTSP/')) return encodeMessage(piece.start, piece.fields, piece.body);
    return this.#send({
      request: piece,
      method,
      uri: uri.startsWith(this.#from) ? this.#to + uri.slice(this.#from.length) : uri,
      refusals: 0,
    });
  }

  /**
   * @returns bytes for the player, or for the camera where a request is made again
   * @throws LinewatchError camera-login…, camera-not-found, camera-status, camera-redirect
   */
  fromCamera(piece: RtspPiece): { to: 'player' | 'camera'; bytes: Buffer } {
    if (piece.kind === 'packet') return { to: 'player', bytes: piece.bytes };
    const status = Number(/^RTSP\/\d\.\d (\d{3})/.exec(piece.start)?.[1] ?? Number.NaN);
    const sequence = field(piece.fields, 'cseq') ?? '';
    const asked = this.#asked.get(sequence);
    if (Number.isNaN(status) || asked === undefined) return { to: 'player', bytes: encodeMessage(piece.start, piece.fields, piece.body) };
    this.#asked.delete(sequence);
    const host = this.#host;
    if (status === 401) {
      this.#login.refused(field(piece.fields, 'www-authenticate') ?? '', asked.refusals > 0);
      if (asked.refusals >= MOST_REFUSALS) throw new LinewatchError('camera-login', { host });
      return { to: 'camera', bytes: this.#send({ ...asked, refusals: asked.refusals + 1 }) };
    }
    if (status === 403) throw new LinewatchError('camera-login', { host });
    if (status === 404 || status === 454) throw new LinewatchError('camera-not-found', { host });
    // The player would go there by itself.
    if (status >= 300 && status < 400)
      throw new LinewatchError('camera-redirect', { host, target: redirectHost(field(piece.fields, 'location')) });
    // What a camera does not know may be optional, as GET_PARAMETER is.
    if (status >= 400 && ['DESCRIBE', 'SETUP', 'PLAY'].includes(asked.method)) throw new LinewatchError('camera-status', { host, status });
    const fields = piece.fields.map(([name, value]): [string, string] =>
      name.toLowerCase() === 'cseq' ? [name, field(asked.request.fields, 'cseq') ?? value] : [name, value],
    );
    return { to: 'player', bytes: encodeMessage(piece.start, fields, piece.body) };
  }

  #send(asked: Asked): Buffer {
    const { request, method, uri } = asked;
    // Our own count: a request made again is one more for the camera.
    const sequence = String(++this.#sequence);
    this.#asked.set(sequence, asked);
    // Some cameras never answer what only keeps the connection alive.
    if (this.#asked.size > MOST_UNANSWERED) this.#asked.delete(this.#asked.keys().next().value as string);
    const fields = request.fields.filter(([name]) => !/^(cseq|authorization)$/i.test(name));
    const authorization = this.#login.authorization(method, uri);
    if (authorization !== undefined) fields.unshift(['Authorization', authorization]);
    fields.unshift(['CSeq', sequence]);
    return encodeMessage(`${method} ${uri} RTSP/1.0`, fields, request.body);
  }
}

function redirectHost(location: string | undefined): string {
  return location !== undefined && URL.canParse(location) ? new URL(location).host : '?';
}
