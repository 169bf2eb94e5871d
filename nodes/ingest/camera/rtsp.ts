import { LinewatchError } from '../../shared/errors.ts';
import { connectionFault, tooLarge } from './faults.ts';
import { findFfmpeg, type Running, startFfmpeg } from './ffmpeg.ts';
import { openRelay, type RelayOptions, type RtspRelay } from './rtsp-relay.ts';
import type { PictureSource } from './source.ts';
import { streamSource } from './stream.ts';

export interface RtspOptions extends RelayOptions {
  limitMb: number;
  picturesPerSecond: number;
  ffmpeg: string | undefined;
}

/** A camera's RTSP stream (H.264, H.265, MJPEG, …), decoded by ffmpeg in a process of its own. */
export function rtspSource(options: RtspOptions): PictureSource {
  const { host } = options.url;
  const late = new LinewatchError('camera-timeout', { host, seconds: options.timeoutMs / 1000 });
  let relay: RtspRelay | undefined;
  let running: Running | undefined;
  let isClosed = false;
  const abort = () => {
    relay?.close();
    running?.process.kill('SIGKILL');
  };

  /** Ends with the reason that is nearest to the camera. */
  async function* chunks(from: RtspRelay, by: Running): AsyncGenerator<Buffer> {
    // The first picture needs a connection, and then a key frame, which some cameras send every ten seconds only.
    let waitMs = 2 * options.timeoutMs;
    let isLate = false;
    const watch = () =>
      setTimeout(() => {
        isLate = true;
        by.process.kill('SIGKILL');
      }, waitMs);
    let timer = watch();
    let failure: LinewatchError | undefined;
    void from.ended.then((error) => {
      failure = error;
      if (error !== undefined) by.process.kill('SIGKILL');
    });
    try {
      for await (const chunk of by.stdout) {
        clearTimeout(timer);
        waitMs = options.timeoutMs + 1000 / options.picturesPerSecond;
        timer = watch();
        yield chunk;
      }
      const said = await by.exited;
      if (failure !== undefined) throw failure;
      if (isLate) throw late;
      // The last line says what it died of. The camera may have told ffmpeg its whole address, which may hold a password.
      const lastLine = said.trim().split('\n').at(-1) ?? '';
      const reason = lastLine.replace(/rtsps?:\/\/\S*/gi, 'rtsp').slice(-200);
      throw new LinewatchError(reason === '' ? 'camera-ended' : 'camera-ffmpeg', { host, reason });
    } finally {
      clearTimeout(timer);
      from.close();
      by.process.kill('SIGKILL');
    }
  }

  return streamSource({
    host,
    limitMb: options.limitMb,
    // The first needs a connection and a key frame, the others their interval.
    pictureMs: 3 * options.timeoutMs + 1000 / options.picturesPerSecond,
    tooLarge: () => tooLarge(host, options.limitMb),
    async open() {
      const path = await findFfmpeg(options.ffmpeg);
      relay = await openRelay(options);
      if (isClosed) relay.close();
      running = startFfmpeg(path, relay.address, options.picturesPerSecond);
      if (isClosed) abort();
      return { boundary: 'ffmpeg', chunks: chunks(relay, running) };
    },
    abort,
    fault: (thrown) => connectionFault(host, thrown),
    async close() {
      isClosed = true;
      abort();
      await running?.exited;
    },
  });
}
