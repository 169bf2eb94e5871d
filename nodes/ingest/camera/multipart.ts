import { LinewatchError } from '../../shared/errors.ts';

const MOST_HEADER_BYTES = 16_384;
const DASHES = '--';
/** So much of a line tells whether it is a delimiter: RFC 2046, 5.1.1 permits 70 signs, and cameras put dashes before them. */
const DELIMITER_BYTES = 128;

/** The boundary that a stream announces; undefined where it is no stream of pictures. Some cameras write the dashes into it, some quote it. */
export function boundaryOf(contentType: string): string | undefined {
  if (!/^multipart\//i.test(contentType.trim())) return undefined;
  const [, quoted, token] = /boundary\s*=\s*(?:"([^"]*)"|([^\s;]+))/i.exec(contentType) ?? [];
  return (quoted ?? token ?? '').replace(/^-+/, '');
}

/**
 * Cuts a `multipart/x-mixed-replace` stream (MJPEG) into its parts, with and without `Content-Length`. Keeps one part at most.
 * Lines may end with LF alone.
 */
export class MultipartParser {
  readonly #delimiter: string;
  readonly #mostBytes: number;
  readonly #onPart: (body: Buffer) => void;
  readonly #tooLarge: () => Error;
  #buffer = Buffer.alloc(65_536);
  #length = 0;
  /** How far the buffer has been looked through. */
  #searched = 0;
  /** Bytes passed over since the last header. */
  #skipped = 0;
  /** Undefined: between parts or in a header. A number: the length announced. -1: up to the next delimiter. */
  #body: number | undefined;

  /**
   * @param boundary without its leading dashes; '' takes any line that begins with two dashes
   * @param onPart gets a part's bytes, its own to keep
   */
  constructor(boundary: string, mostBytes: number, onPart: (body: Buffer) => void, tooLarge: () => Error) {
    this.#delimiter = boundary;
    this.#mostBytes = mostBytes;
    this.#onPart = onPart;
    this.#tooLarge = tooLarge;
  }

  /** @throws what `tooLarge` gives; LinewatchError camera-stream where this is no multipart stream */
  push(chunk: Uint8Array): void {
    this.#append(chunk);
    while (this.#body === undefined ? this.#readHeader() : this.#readBody()) {
      // What stands behind a part may be the next one.
    }
  }

  #append(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length;
    if (needed > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(needed, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    this.#buffer.set(chunk, this.#length);
    this.#length = needed;
  }

  #drop(bytes: number): void {
    this.#buffer.copyWithin(0, bytes, this.#length);
    this.#length -= bytes;
    this.#searched = 0;
  }

  /** Passes over what stands before the delimiter, then takes the header; a wrong length of the part before is mended by it. */
  #readHeader(): boolean {
    const text = this.#buffer.toString('latin1', 0, Math.min(this.#length, MOST_HEADER_BYTES));
    const start = this.#delimiterIn(text);
    if (start > 0) {
      // From its beginning on there is room for the whole header.
      this.#drop(start);
      return true;
    }
    if (start < 0) {
      if (this.#length < MOST_HEADER_BYTES) return false;
      // A part that was longer than announced: its rest goes, but for what may be the beginning of a delimiter.
      this.#skipped += MOST_HEADER_BYTES - 256;
      if (this.#skipped > this.#mostBytes) throw new LinewatchError('camera-stream');
      this.#drop(MOST_HEADER_BYTES - 256);
      return true;
    }
    const header = /\r?\n\r?\n/.exec(text);
    if (header === null) {
      if (text.length >= MOST_HEADER_BYTES) throw new LinewatchError('camera-stream');
      return false;
    }
    this.#skipped = 0;
    const lines = text.slice(0, header.index);
    const announced = /^content-length\s*:\s*(\d+)/im.exec(lines)?.[1];
    this.#body = announced === undefined ? -1 : Number(announced);
    if (this.#body > this.#mostBytes) throw this.#tooLarge();
    this.#drop(header.index + header[0].length);
    return true;
  }

  /** Where the first line begins that is a delimiter; -1: none. Within a line it may be part of a picture. */
  #delimiterIn(text: string): number {
    for (let start = 0; ; ) {
      const line = text.slice(start, start + DELIMITER_BYTES);
      if (line.startsWith(DASHES) && this.#begins(line)) return start;
      const end = text.indexOf('\n', start);
      if (end < 0) return -1;
      start = end + 1;
    }
  }

  /** Dashes more than two belong to the delimiter. */
  #begins(line: string): boolean {
    return line.replace(/^-+/, '').startsWith(this.#delimiter);
  }

  #readBody(): boolean {
    const announced = this.#body as number;
    if (announced >= 0) {
      if (this.#length < announced) return false;
      this.#finish(announced, announced);
      return true;
    }
    const mark = `\n${DASHES}`;
    const from = Math.max(0, this.#searched - mark.length);
    let at = this.#buffer.subarray(0, this.#length).indexOf(mark, from, 'latin1');
    while (at >= 0) {
      const end = at + 1 + DELIMITER_BYTES;
      const line = this.#buffer.toString('latin1', at + 1, Math.min(this.#length, end));
      if (this.#begins(line)) {
        this.#finish(this.#buffer[at - 1] === 0x0d ? at - 1 : at, at + 1);
        return true;
      }
      // The rest of the line has not come yet.
      if (end > this.#length && this.#delimiter.startsWith(line.replace(/^-+/, ''))) break;
      at = this.#buffer.subarray(0, this.#length).indexOf(mark, at + 1, 'latin1');
    }
    this.#searched = at >= 0 ? at : this.#length;
    if (this.#length > this.#mostBytes + MOST_HEADER_BYTES) throw this.#tooLarge();
    return false;
  }

  #finish(end: number, next: number): void {
    const body = Buffer.from(this.#buffer.subarray(0, Math.max(0, end)));
    this.#body = undefined;
    this.#drop(next);
    if (body.length > this.#mostBytes) throw this.#tooLarge();
    if (body.length > 0) this.#onPart(body);
  }
}
