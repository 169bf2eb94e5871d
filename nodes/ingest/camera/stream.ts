import { LinewatchError } from '../../shared/errors.ts';
import { checkedPicture } from './faults.ts';
import { Latest } from './latest.ts';
import { MultipartParser } from './multipart.ts';
import type { PictureSource } from './source.ts';

/** Half pictures happen where a network is busy; so many in a row mean that none will come. */
const MOST_SPOILT = 5;

/** An open connection on which a multipart stream of pictures comes. */
export interface OpenStream {
  boundary: string;
  /** Throws when it breaks off; ends when the camera ends it. */
  chunks: AsyncIterable<Uint8Array>;
}

export interface StreamOptions {
  host: string;
  limitMb: number;
  /** Within so long one whole picture must come, ms, real time: a camera that drips, or sends empty parts, is never silent. */
  pictureMs: number;
  tooLarge(): LinewatchError;
  /** Opens the stream. @throws LinewatchError */
  open(): Promise<OpenStream>;
  /** Makes the chunks, or `open`, end soon. */
  abort(): void;
  fault(thrown: unknown): LinewatchError;
  /** As `abort`, and for good. */
  close(): Promise<void>;
}

/** Pictures out of a stream that is opened with the first call and kept open; only the newest picture is kept. */
export function streamSource(options: StreamOptions): PictureSource {
  const { host, limitMb, pictureMs } = options;
  const latest = new Latest();
  let running: Promise<void> | undefined;
  let failure: LinewatchError | undefined;
  let isClosed = false;

  async function run(): Promise<void> {
    const { boundary, chunks } = await options.open();
    let spoilt = 0;
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      options.abort();
    }, pictureMs);
    const parser = new MultipartParser(
      boundary,
      limitMb * 2 ** 20,
      (body) => {
        try {
          latest.put(checkedPicture(body, host));
          spoilt = 0;
          timer.refresh();
        } catch (thrown) {
          if (++spoilt >= MOST_SPOILT) throw thrown;
        }
      },
      options.tooLarge,
    );
    try {
      for await (const chunk of chunks) parser.push(chunk);
      throw new LinewatchError('camera-ended', { host });
    } catch (thrown) {
      throw isLate ? new LinewatchError('camera-timeout', { host, seconds: pictureMs / 1000 }) : thrown;
    } finally {
      clearTimeout(timer);
    }
  }

  function start(): void {
    failure = undefined;
    running = run()
      .catch((thrown) => {
        failure = options.fault(thrown);
        options.abort();
      })
      .finally(() => {
        running = undefined;
        // Told to the call that waits; where none does, the next one is told.
        latest.fail(failure as LinewatchError);
      });
  }

  return {
    async next(isFresh) {
      if (isClosed) return undefined;
      if (running === undefined && failure !== undefined && !isFresh) {
        const known = failure;
        failure = undefined;
        throw known;
      }
      if (running === undefined) start();
      const taken = latest.take(isFresh);
      const picture = await taken.catch((error) => {
        failure = undefined;
        throw error;
      });
      return picture;
    },
    async close() {
      isClosed = true;
      // First, so that what is being opened meanwhile ends by itself.
      const closing = options.close();
      await running;
      await closing;
    },
  };
}
