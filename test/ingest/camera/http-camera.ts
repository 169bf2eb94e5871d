/** A camera with HTTP, whose every fault a test can choose. */
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface HttpCamera {
  /** Address without a path. */
  url: string;
  /** What was asked, oldest first. */
  requests: { path: string; authorization: string | undefined }[];
  answer: (request: IncomingMessage, response: ServerResponse) => void;
  stop(): Promise<void>;
}

export async function startCamera(answer: HttpCamera['answer'], tls?: { cert: string; key: string }): Promise<HttpCamera> {
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    camera.requests.push({ path: request.url ?? '', authorization: request.headers.authorization });
    camera.answer(request, response);
  };
  const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const camera: HttpCamera = {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    answer,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return camera;
}

/**
 * Lets in who answers the challenge as RFC 7616 says, worked out here a second time. A nonce is good for `uses` requests, each with a higher count.
 */
export function digestGuard(algorithm: 'MD5' | 'SHA-256', user: string, password: string, uses = 3) {
  const hash = (text: string) =>
    createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
      .update(text)
      .digest('hex');
  let nonce = '';
  let count = 0;
  let nonces = 0;
  const renew = () => {
    nonce = randomBytes(12).toString('base64');
    count = 0;
    nonces++;
  };
  return {
    nonces: () => nonces,
    /** @returns whether it let the request in; else it has been answered */
    check(request: IncomingMessage, response: ServerResponse): boolean {
      const given = Object.fromEntries(
        [...(request.headers.authorization ?? '').matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g)].map(([, name, quoted, plain]) => [
          name,
          quoted ?? plain,
        ]),
      ) as Record<string, string>;
      const expected = hash(
        [hash(`${user}:camera:${password}`), nonce, given.nc, given.cnonce, 'auth', hash(`${request.method}:${request.url}`)].join(':'),
      );
      const isRight =
        given.response ===
        hash(
          [hash(`${user}:camera:${password}`), given.nonce, given.nc, given.cnonce, 'auth', hash(`${request.method}:${request.url}`)].join(
            ':',
          ),
        );
      const isIn = nonce !== '' && given.response === expected && Number.parseInt(given.nc as string, 16) === count + 1 && count < uses;
      if (isIn) {
        count++;
        return true;
      }
      renew();
      const stale = isRight ? ', stale=true' : '';
      response
        .writeHead(401, {
          'WWW-Authenticate': `Digest realm="camera", qop="auth", algorithm=${algorithm}, nonce="${nonce}", opaque="o"${stale}`,
        })
        .end('no');
      return false;
    },
  };
}
