import { LinewatchError } from '../../shared/errors.ts';
import type { Login } from './digest.ts';

/** What a camera's address may begin with. */
export type Scheme = 'http' | 'https' | 'rtsp' | 'rtsps';

const EXAMPLES = { http: 'http://192.168.0.20/snapshot.jpg', rtsp: 'rtsp://192.168.0.20/stream1' } as const;

/**
 * The address of a camera as it is requested. `{user}` and `{password}` stand for the login, for cameras that want it in the address itself.
 * @throws LinewatchError camera-url, camera-url-login (a login in the address would be saved with the flow); neither quotes the address
 */
export function readAddress(text: string, kind: 'http' | 'rtsp', login: Login | undefined): URL {
  const schemes: readonly string[] = kind === 'http' ? ['http:', 'https:'] : ['rtsp:', 'rtsps:'];
  const wrong = (got: string) => new LinewatchError('camera-url', { expected: EXAMPLES[kind], got });
  let url: URL;
  try {
    url = new URL(filled(text, login));
  } catch {
    throw wrong('what is no address');
  }
  if (url.username !== '' || url.password !== '') throw new LinewatchError('camera-url-login');
  // `user:password@host` has a user for its scheme.
  if (!schemes.includes(url.protocol)) throw wrong(/^\w+:\/\//.test(text) ? `${url.protocol}//` : 'what is no address');
  if (url.hostname === '') throw wrong('an address without a host');
  url.hash = '';
  return url;
}

function filled(text: string, login: Login | undefined): string {
  const encoded = (value = '') => encodeURIComponent(value);
  return text.replaceAll('{user}', () => encoded(login?.user)).replaceAll('{password}', () => encoded(login?.password));
}
