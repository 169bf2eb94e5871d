import { LinewatchError } from '../../shared/errors.ts';
import { CameraHttp, type HttpOptions, WHOLE_PICTURE } from './camera-http.ts';
import { checkedPicture, connectionFault, tooLarge } from './faults.ts';
import type { Picture, PictureSource } from './source.ts';

/** A camera that gives one picture for each request. */
export function snapshotSource(options: HttpOptions): PictureSource {
  const { timeoutMs, limitMb } = options;
  const http = new CameraHttp(options);
  const { host } = http;

  async function next(): Promise<Picture> {
    const answer = await http.get();
    const type = answer.headers['content-type'] ?? '';
    const give = (error: LinewatchError) => {
      answer.destroy();
      return error;
    };
    if (/^multipart\//i.test(type)) throw give(new LinewatchError('camera-use-stream', { host }));
    const announced = Number(answer.headers['content-length'] ?? 0);
    if (announced > limitMb * 2 ** 20) throw give(tooLarge(host, limitMb));
    const seconds = (WHOLE_PICTURE * timeoutMs) / 1000;
    const timer = setTimeout(() => answer.destroy(new LinewatchError('camera-timeout', { host, seconds })), WHOLE_PICTURE * timeoutMs);
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > limitMb * 2 ** 20) throw give(tooLarge(host, limitMb));
        chunks.push(chunk);
      }
    } catch (thrown) {
      // The connection ended before all that was announced had come.
      const isCut = (thrown as NodeJS.ErrnoException).code === 'ECONNRESET';
      throw isCut ? new LinewatchError('camera-cut', { host, bytes }, thrown) : connectionFault(host, thrown);
    } finally {
      clearTimeout(timer);
    }
    return checkedPicture(Buffer.concat(chunks), host, type);
  }

  return { next, close: async () => http.close() };
}
