import { LinewatchError } from '../../shared/errors.ts';
import { CameraHttp, type HttpOptions, WHOLE_PICTURE } from './camera-http.ts';
import { connectionFault, tooLarge } from './faults.ts';
import { boundaryOf } from './multipart.ts';
import type { PictureSource } from './source.ts';
import { streamSource } from './stream.ts';

/** A camera that sends JPEG after JPEG in one answer that has no end (`multipart/x-mixed-replace`). */
export function mjpegSource(options: HttpOptions): PictureSource {
  const http = new CameraHttp(options);
  const { host } = http;
  return streamSource({
    host,
    limitMb: options.limitMb,
    pictureMs: WHOLE_PICTURE * options.timeoutMs,
    tooLarge: () => tooLarge(host, options.limitMb),
    async open() {
      const answer = await http.get();
      const type = answer.headers['content-type'] ?? '';
      const boundary = boundaryOf(type);
      if (boundary !== undefined) return { boundary, chunks: answer as AsyncIterable<Buffer> };
      answer.destroy();
      if (/^image\//i.test(type)) throw new LinewatchError('camera-use-snapshot', { host });
      throw new LinewatchError('camera-no-picture', { host, got: /^[\w.+-]+\/[\w.+-]+/.exec(type)?.[0] ?? '–' });
    },
    abort: () => http.abort(),
    fault: (thrown) => connectionFault(host, thrown),
    close: async () => http.close(),
  });
}
