import { randomBytes } from 'node:crypto';
import { LinewatchError } from '../../shared/errors.ts';
import { basicAuthorization, DigestAnswer, type Login, parseChallenges, strongestDigest } from './digest.ts';

export interface LoginOptions {
  login: Login | undefined;
  /** Never send the password itself, as Basic does. */
  digestOnly: boolean;
}

/** How a camera wants to be logged in to, learned from its first refusal; for HTTP and RTSP alike. */
export class CameraLogin {
  readonly #host: string;
  readonly #options: LoginOptions;
  #digest: DigestAnswer | undefined;
  #basic: string | undefined;

  constructor(host: string, options: LoginOptions) {
    this.#host = host;
    this.#options = options;
  }

  /** The value of `Authorization`; undefined until the camera has asked for a login. */
  authorization(method: string, uri: string): string | undefined {
    return this.#digest?.authorize(method, uri) ?? this.#basic;
  }

  /**
   * Takes in a refusal (401); afterwards the request is worth sending once more.
   * @param wasSent whether the refused request had a login already: then only a nonce that is too old (`stale`) is worth another try
   * @throws LinewatchError camera-login-needed, camera-login, camera-login-method
   */
  refused(header: string, wasSent: boolean): void {
    const host = this.#host;
    const challenges = parseChallenges(header);
    const digest = strongestDigest(challenges);
    const isStale = digest?.parameters.stale?.toLowerCase() === 'true';
    this.forget();
    if (this.#options.login === undefined) throw new LinewatchError('camera-login-needed', { host });
    if (wasSent && !isStale) throw new LinewatchError('camera-login', { host });
    if (digest !== undefined) {
      this.#digest = new DigestAnswer(digest, this.#options.login, () => randomBytes(16).toString('hex'));
    } else if (challenges.some(({ scheme }) => scheme === 'basic') && !this.#options.digestOnly) {
      this.#basic = basicAuthorization(this.#options.login);
    } else {
      const offered = challenges.map(({ scheme, parameters }) => [scheme, parameters.algorithm].filter(Boolean).join(' ')).join(', ');
      throw new LinewatchError('camera-login-method', { host, offered: offered === '' ? '–' : offered.slice(0, 80) });
    }
  }

  forget(): void {
    this.#digest = undefined;
    this.#basic = undefined;
  }
}
