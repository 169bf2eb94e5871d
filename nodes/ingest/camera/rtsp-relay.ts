import { type AddressInfo, connect as connectTcp, createServer, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { LinewatchError } from '../../shared/errors.ts';
import { connectionFault } from './faults.ts';
import { CameraLogin, type LoginOptions } from './login.ts';
import { RtspFramer } from './rtsp-framer.ts';
import { RtspSession } from './rtsp-session.ts';

export interface RelayOptions extends LoginOptions {
  url: URL;
  secure: ConnectionOptions;
  timeoutMs: number;
}

export interface RtspRelay {
  /** What the player is given: an address of this machine, without any secret. */
  address: string;
  /** Resolves with what went wrong between us and the camera; undefined where the player ended it, or `close`. */
  ended: Promise<LinewatchError | undefined>;
  close(): void;
}

const PORTS: Record<string, number> = { 'rtsp:': 554, 'rtsps:': 322 };

/**
 * Stands between a player on this machine and the camera, so that login and address are not in the player's command line, where every user of
 * the machine could read them; logs in (SHA-256 too) and checks certificates, which ffmpeg does not. Takes one connection, then no other.
 */
export async function openRelay(options: RelayOptions): Promise<RtspRelay> {
  const { url } = options;
  const host = url.host;
  let end: (error?: LinewatchError) => void = () => {};
  const sockets = new Set<Socket>();
  const ended = new Promise<LinewatchError | undefined>((resolve) => {
    end = (error) => {
      resolve(error);
      server.close();
      for (const socket of sockets) socket.destroy();
    };
  });
  const server = createServer((player) => {
    server.close();
    if (sockets.size > 0) return player.destroy();
    sockets.add(player);
    const camera = connectCamera(options);
    sockets.add(camera);
    const session = new RtspSession(host, address, url.href, new CameraLogin(host, options));
    const guard = (work: () => void) => {
      try {
        work();
      } catch (thrown) {
        end(connectionFault(host, thrown));
      }
    };
    const requests = new RtspFramer();
    const answers = new RtspFramer();
    player.on('data', (chunk) =>
      guard(() => {
        for (const piece of requests.push(chunk)) camera.write(session.fromPlayer(piece));
      }),
    );
    camera.on('data', (chunk: Buffer) =>
      guard(() => {
        player.cork();
        for (const piece of answers.push(chunk)) {
          const { to, bytes } = session.fromCamera(piece);
          if (to === 'camera') camera.write(bytes);
          else if (!player.write(bytes)) camera.pause();
        }
        player.uncork();
      }),
    );
    player.on('drain', () => camera.resume());
    player.on('error', () => end()).on('close', () => end());
    camera.on('error', (thrown) => end(connectionFault(host, thrown)));
    camera.on('close', () => end(new LinewatchError('camera-ended', { host })));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = `rtsp://127.0.0.1:${(server.address() as AddressInfo).port}/camera`;
  return { address, ended, close: () => end() };
}

function connectCamera({ url, secure, timeoutMs }: RelayOptions): Socket {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || PORTS[url.protocol]);
  const socket =
    url.protocol === 'rtsps:' ? connectTls({ servername: isIP(host) ? '' : host, ...secure, host, port }) : connectTcp({ host, port });
  socket.setTimeout(timeoutMs, () => socket.destroy(new LinewatchError('camera-timeout', { host: url.host, seconds: timeoutMs / 1000 })));
  return socket;
}
