import { createHash } from 'node:crypto';

/** One way to log in that a server offers: `WWW-Authenticate` (RFC 9110, 11.6.1). */
export interface Challenge {
  /** In small letters. */
  scheme: string;
  parameters: Record<string, string>;
}

export interface Login {
  user: string;
  password: string;
}

/** The challenges of one or several header lines; one line may hold several, separated by commas like their parameters. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = [];
  const parts = /([!#$%&'*+.^_`|~\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))|([!#$%&'*+.^_`|~\w-]+)/g;
  for (const [, name, quoted, token, scheme] of header.matchAll(parts)) {
    if (scheme !== undefined) challenges.push({ scheme: scheme.toLowerCase(), parameters: {} });
    else
      challenges.at(-1)?.parameters &&
        addTo(challenges.at(-1) as Challenge, name as string, quoted?.replace(/\\(.)/g, '$1') ?? token ?? '');
  }
  return challenges;
}

function addTo({ parameters }: Challenge, name: string, value: string): void {
  parameters[name.toLowerCase()] = value;
}

/** The strongest last. Names of RFC 7616, 6.1, and of Node.js. */
const algorithms: readonly [name: string, hash: string][] = [
  ['MD5', 'md5'],
  ['SHA-256', 'sha256'],
  ['SHA-512-256', 'sha512-256'],
];

const rank = ({ parameters }: Challenge) => {
  const wanted = (parameters.algorithm ?? 'MD5').toUpperCase().replace(/-SESS$/, '');
  return algorithms.findIndex(([name]) => name === wanted);
};

/** The strongest digest challenge that we can answer; undefined where there is none. */
export function strongestDigest(challenges: readonly Challenge[]): Challenge | undefined {
  const known = challenges.filter(
    (challenge) => challenge.scheme === 'digest' && challenge.parameters.nonce !== undefined && rank(challenge) >= 0,
  );
  return known.sort((a, b) => rank(b) - rank(a))[0];
}

/** Basic login (RFC 7617), UTF-8. */
export const basicAuthorization = ({ user, password }: Login): string => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/**
 * Answers one digest challenge (RFC 7616, and RFC 2069 where the server offers no `qop`) for as many requests as the server takes its nonce:
 * the count `nc` tells them apart.
 */
export class DigestAnswer {
  readonly #challenge: Challenge;
  readonly #login: Login;
  readonly #cnonce: () => string;
  #count = 0;
  #session: string | undefined;

  /** @param cnonce a text that nobody can guess, for each request anew */
  constructor(challenge: Challenge, login: Login, cnonce: () => string) {
    this.#challenge = challenge;
    // Bytes of UTF-8 as header fields carry them (latin1), like the realm that came in one: RFC 7616, 4.
    const asField = (text: string) => Buffer.from(text).toString('latin1');
    this.#login = { user: asField(login.user), password: asField(login.password) };
    this.#cnonce = cnonce;
  }

  /**
   * The value of `Authorization` for a request without a body.
   * @param uri as it stands in the request line
   */
  authorize(method: string, uri: string): string {
    const { realm = '', nonce = '', algorithm, opaque, qop, userhash } = this.#challenge.parameters;
    const [, hashName] = algorithms[rank(this.#challenge)] as [string, string];
    const hash = (text: string) => createHash(hashName).update(text, 'latin1').digest('hex');
    const { user, password } = this.#login;
    const cnonce = this.#cnonce();
    const nc = (++this.#count).toString(16).padStart(8, '0');

    let secret = hash(`${user}:${realm}:${password}`);
    if (/-sess$/i.test(algorithm ?? '')) {
      // The first request's cnonce makes the session's key (3.4.2).
      this.#session ??= hash(`${secret}:${nonce}:${cnonce}`);
      secret = this.#session;
    }
    const offered = (qop ?? '').toLowerCase().split(/[\s,]+/);
    const quality = offered.includes('auth') ? 'auth' : offered.includes('auth-int') ? 'auth-int' : undefined;
    const what = hash(quality === 'auth-int' ? `${method}:${uri}:${hash('')}` : `${method}:${uri}`);
    const response = hash(quality === undefined ? `${secret}:${nonce}:${what}` : `${secret}:${nonce}:${nc}:${cnonce}:${quality}:${what}`);

    const isHashed = userhash?.toLowerCase() === 'true';
    const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;
    const fields = [
      `username=${quote(isHashed ? hash(`${user}:${realm}`) : user)}`,
      `realm=${quote(realm)}`,
      `uri=${quote(uri)}`,
      ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
      `nonce=${quote(nonce)}`,
      ...(quality === undefined ? [] : [`nc=${nc}`, `cnonce=${quote(cnonce)}`, `qop=${quality}`]),
      `response="${response}"`,
      ...(opaque === undefined ? [] : [`opaque=${quote(opaque)}`]),
      ...(isHashed ? ['userhash=true'] : []),
    ];
    return `Digest ${fields.join(', ')}`;
  }
}
