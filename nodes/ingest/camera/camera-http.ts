import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import { LinewatchError } from '../../shared/errors.ts';
import { connectionFault } from './faults.ts';
import { CameraLogin, type LoginOptions } from './login.ts';

export interface HttpOptions extends LoginOptions {
  url: URL;
  /** For HTTPS; `rejectUnauthorized` false takes any certificate. */
  secure: ConnectionOptions;
  /** So long may nothing come: before the answer, and between two pieces of it. Real time, ms. */
  timeoutMs: number;
  limitMb: number;
}

/** So many time-outs long may one picture take: a camera that sends a byte now and then never runs into the time-out itself. */
export const WHOLE_PICTURE = 3;

const MOST_REDIRECTS = 3;
const MOST_REFUSALS = 2;

/** Requests to one camera: logs in, follows redirects within the host, keeps the connection and the digest nonce. */
export class CameraHttp {
  readonly #options: HttpOptions;
  readonly #login: CameraLogin;
  readonly #plain = new HttpAgent({ keepAlive: true, maxSockets: 1 });
  readonly #secure: HttpsAgent;
  #under: { destroy(error?: Error): unknown } | undefined;
  #isClosed = false;

  constructor(options: HttpOptions) {
    this.#options = options;
    this.#login = new CameraLogin(this.host, options);
    this.#secure = new HttpsAgent({ ...options.secure, keepAlive: true, maxSockets: 1 });
  }

  get host(): string {
    return this.#options.url.host;
  }

  /**
   * Asks for the camera's address.
   * @returns the answer, status 200, its body not read yet; it fails with camera-timeout where nothing comes any more
   * @throws LinewatchError camera-…
   */
  async get(): Promise<IncomingMessage> {
    const { host } = this;
    let { url } = this.#options;
    let refusals = 0;
    for (let redirects = 0; ; ) {
      const authorization = this.#login.authorization('GET', url.pathname + url.search);
      const answer = await this.#ask(url, authorization);
      const status = answer.statusCode as number;
      if (status === 200) return answer;
      // Drained, it leaves the connection for the next request; a body that has no end must not be waited for.
      if (Number(answer.headers['content-length'] ?? Number.NaN) <= 65_536) answer.resume();
      else answer.destroy();
      if (status === 401) {
        // A nonce kept from an earlier request may be too old, also where the camera does not say so.
        this.#login.refused(answer.headers['www-authenticate'] ?? '', refusals > 0);
        if (++refusals > MOST_REFUSALS) throw new LinewatchError('camera-login', { host });
      } else if ([301, 302, 303, 307, 308].includes(status)) {
        url = this.#redirected(url, answer.headers.location ?? '');
        if (++redirects > MOST_REDIRECTS) throw new LinewatchError('camera-status', { host, status });
      } else if (status === 403) {
        throw new LinewatchError('camera-login', { host });
      } else if (status === 404) {
        throw new LinewatchError('camera-not-found', { host });
      } else {
        throw new LinewatchError('camera-status', { host, status });
      }
    }
  }

  /** @throws LinewatchError camera-redirect: only the host that was entered gets the login, and never less safely than entered */
  #redirected(from: URL, location: string): URL {
    const target = URL.canParse(location, from) ? new URL(location, from) : undefined;
    const isSame = target !== undefined && target.hostname === from.hostname && /^https?:$/.test(target.protocol);
    if (!isSame || (from.protocol === 'https:' && target.protocol === 'http:')) {
      throw new LinewatchError('camera-redirect', {
        host: this.host,
        target: target === undefined ? '?' : `${target.protocol}//${target.host}`,
      });
    }
    target.username = '';
    target.password = '';
    return target;
  }

  #ask(url: URL, authorization: string | undefined, isAgain = false): Promise<IncomingMessage> {
    const { timeoutMs } = this.#options;
    const isSecure = url.protocol === 'https:';
    const headers = { Accept: 'image/*, multipart/x-mixed-replace', ...(authorization !== undefined && { Authorization: authorization }) };
    // Old cameras end header lines with LF alone, or write what no header may hold.
    const options = { headers, timeout: timeoutMs, insecureHTTPParser: true };
    const late = () => new LinewatchError('camera-timeout', { host: this.host, seconds: timeoutMs / 1000 });
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(new LinewatchError('camera-ended', { host: this.host }));
      const request = isSecure
        ? requestHttps(url, { ...options, agent: this.#secure })
        : requestHttp(url, { ...options, agent: this.#plain });
      this.#under = request;
      // One for all: name look-up, connection, TLS, and a header that trickles in.
      const timer = setTimeout(() => request.destroy(late()), timeoutMs);
      request.once('timeout', () => request.destroy(late()));
      request.once('error', (thrown) => {
        clearTimeout(timer);
        // The camera closed the kept connection in the moment in which we used it again.
        const isLeftOver = request.reusedSocket && (thrown as NodeJS.ErrnoException).code === 'ECONNRESET';
        if (isLeftOver && !isAgain) resolve(this.#ask(url, authorization, true));
        else reject(connectionFault(this.host, thrown));
      });
      request.once('response', (answer) => {
        clearTimeout(timer);
        this.#under = answer;
        answer.setTimeout(timeoutMs, () => answer.destroy(late()));
        // Whoever reads the body hears of it by the iterator; before that nobody would.
        answer.on('error', () => {});
        resolve(answer);
      });
      request.end();
    });
  }

  /** Ends what is under way. */
  abort(): void {
    this.#under?.destroy(new LinewatchError('camera-ended', { host: this.host }));
  }

  close(): void {
    this.#isClosed = true;
    this.abort();
    this.#plain.destroy();
    this.#secure.destroy();
  }
}
