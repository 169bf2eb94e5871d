/** A real RTSP camera: Debian's GStreamer. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ensureInstalled } from '../../../scripts/debian.ts';

/** What is missing for it here, one line each; none where all is there. */
export const missingForRtsp = (): string[] =>
  ensureInstalled(['ffmpeg', 'gir1.2-gst-rtsp-server-1.0', 'python3-gi', 'gstreamer1.0-plugins-base', 'gstreamer1.0-plugins-good']);

export interface RtspCamera {
  url: string;
  process: ChildProcess;
  stop(): Promise<void>;
}

export async function startRtspCamera(method: 'none' | 'basic' | 'digest', user = '', password = ''): Promise<RtspCamera> {
  // Debian's own Python: the bindings stand there.
  const server = spawn('/usr/bin/python3', [join(import.meta.dirname, 'rtsp-server.py'), method, user, password], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(server.stdout, 'data');
  const exited = once(server, 'exit');
  return {
    url: `rtsp://127.0.0.1:${Number(String(line))}`,
    process: server,
    async stop() {
      server.kill('SIGKILL');
      await exited;
    },
  };
}
