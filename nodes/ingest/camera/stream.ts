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
  const { host, limitMb } = options;
  const latest = new Latest();
  let running: Promise<void> | undefined;
  let failure: LinewatchError | undefined;
  let isClosed = false;

  async function run(): Promise<void> {
    const { boundary, chunks } = await options.open();
    let spoilt = 0;
    const parser = new MultipartParser(
      boundary,
      limitMb * 2 ** 20,
      (body) => {
        try {
          latest.put(checkedPicture(body, host));
          spoilt = 0;
        } catch (thrown) {
          if (++spoilt >= MOST_SPOILT) throw thrown;
        }
      },
      options.tooLarge,
    );
    for await (const chunk of chunks) parser.push(chunk);
    throw new LinewatchError('camera-ended', { host });
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
