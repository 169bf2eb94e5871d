/**
 * Protocol Buffers' wire format (protobuf.dev/programming-guides/encoding), read from a file without holding the file: what nobody asks for,
 * such as 1.9 GB of weights, is stepped over. The content is trusted in nothing: every length must fit into the field around it.
 */
import { LinewatchError } from '../errors.ts';

/** Bytes at positions, such as an open file's. */
export interface ByteSource {
  readonly length: number;
  /** Fills `target` with the bytes from `position` on. @returns how many there were */
  read(target: Uint8Array, position: number): Promise<number>;
}

/** What to do with the fields of one message; those that are not named are stepped over. */
export interface FieldHandlers {
  integers?: Readonly<Record<number, (value: number) => void>>;
  /** Texts, bytes and inner messages, which reach to `end`; what a handler leaves unread is stepped over. */
  blocks?: Readonly<Record<number, (end: number) => void | Promise<void>>>;
  /** Fields after which nothing else of this message is wanted. */
  stopAt?: readonly number[];
}

const VARINT = 0;
const FIXED64 = 1;
const BLOCK = 2;
const FIXED32 = 5;

/** A tag and a length, ten bytes each at most. */
const HEADER_BYTES = 20;
/** Little after a wide step, as another one often follows; more and more where it goes on nearby: each read costs as much as 100 kB. */
const FIRST_READ = 16_384;
const MOST_READ = 262_144;
/** As deep as protobuf's own readers go. */
const MOST_NESTING = 100;
/** Some seconds' work, ten times what the largest graphs have. */
const MOST_FIELDS = 20_000_000;
/** Of all texts that are asked for; models that run have some megabytes of names. */
const MOST_TEXT = 64 * 2 ** 20;
/** Protobuf's own limit for one message. */
export const MOST_BYTES = 2 ** 31 - 1;

const decoder = new TextDecoder();

export class ProtoReader {
  /** Where the next byte is read. */
  position = 0;
  readonly #source: ByteSource;
  readonly #path: string;
  #buffer = new Uint8Array(0);
  #bufferStart = 0;
  #nextRead = FIRST_READ;
  #fields = 0;
  #textBytes = 0;
  #nesting = 0;

  /** @param path for error messages */
  constructor(source: ByteSource, path: string) {
    this.#source = source;
    this.#path = path;
  }

  /**
   * Reads the message from `position` to `end`.
   * @throws LinewatchError model-file-truncated, model-file-damaged, model-file-limit
   */
  async message(end: number, { integers = {}, blocks = {}, stopAt = [] }: FieldHandlers): Promise<void> {
    if (++this.#nesting > MOST_NESTING) throw this.limit('nesting', MOST_NESTING);
    while (this.position < end) {
      if (++this.#fields > MOST_FIELDS) throw this.limit('fields', MOST_FIELDS);
      if (!this.#holds(HEADER_BYTES)) await this.#fill(HEADER_BYTES);
      const start = this.position;
      const tag = this.#varint(end);
      const field = Math.floor(tag / 8);
      if (field === 0 || tag >= 2 ** 32) throw this.#damaged(start);
      if (stopAt.includes(field)) break;
      const kind = tag % 8;
      if (kind === VARINT) {
        const value = this.#varint(end);
        integers[field]?.(value);
      } else {
        const fieldEnd = this.#blockEnd(kind, start, end);
        if (kind === BLOCK) await blocks[field]?.(fieldEnd);
        this.position = fieldEnd;
      }
    }
    this.position = end;
    this.#nesting--;
  }

  /**
   * The rest of a field as text.
   * @param most bytes; a text that is longer is refused
   * @param what names it in the error
   */
  async text(end: number, most: number, what: string): Promise<string> {
    const length = end - this.position;
    this.#textBytes += length;
    if (length > most) throw this.limit(what, most);
    if (this.#textBytes > MOST_TEXT) throw this.limit('text', MOST_TEXT);
    if (!this.#holds(length)) await this.#fill(length);
    const at = this.position - this.#bufferStart;
    this.position = end;
    return decoder.decode(this.#buffer.subarray(at, at + length));
  }

  limit(what: string, limit: number): LinewatchError {
    return new LinewatchError('model-file-limit', { path: this.#path, what, limit });
  }

  #blockEnd(kind: number, start: number, end: number): number {
    const length = kind === BLOCK ? this.#varint(end) : kind === FIXED64 ? 8 : kind === FIXED32 ? 4 : undefined;
    if (length === undefined) throw this.#damaged(start);
    return length > end - this.position ? this.#runsPast(end, start, this.position + length) : this.position + length;
  }

  /** A negative number comes as -1, whichever it is; above 2^53 it is rounded. */
  #varint(end: number): number {
    const start = this.position;
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.position >= end) return this.#runsPast(end, start, end + 1);
      const byte = this.#buffer[this.position - this.#bufferStart] as number;
      this.position++;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value >= 2 ** 63 ? -1 : value;
    }
    throw this.#damaged(start);
  }

  #runsPast(end: number, start: number, wanted: number): never {
    // Past the end of the file: the rest of it is missing. Past the end of a field inside it, or further than any model: no such luck.
    if (end < this.#source.length || wanted > MOST_BYTES) throw this.#damaged(start);
    throw new LinewatchError('model-file-truncated', { path: this.#path, expected: wanted, got: this.#source.length });
  }

  #damaged(at: number): LinewatchError {
    return new LinewatchError('model-file-damaged', { path: this.#path, at, bytes: this.#source.length });
  }

  #holds(bytes: number): boolean {
    const wanted = Math.min(this.position + bytes, this.#source.length);
    return this.position >= this.#bufferStart && wanted <= this.#bufferStart + this.#buffer.length;
  }

  async #fill(bytes: number): Promise<void> {
    const isNear = this.position < this.#bufferStart + this.#buffer.length + this.#nextRead;
    this.#nextRead = isNear ? Math.min(2 * this.#nextRead, MOST_READ) : FIRST_READ;
    const length = Math.min(Math.max(bytes, this.#nextRead), this.#source.length - this.position);
    const buffer = new Uint8Array(length);
    const got = await this.#source.read(buffer, this.position);
    if (got < length) {
      // Somebody cut the file off meanwhile.
      throw new LinewatchError('model-file-truncated', { path: this.#path, expected: this.#source.length, got: this.position + got });
    }
    this.#buffer = buffer;
    this.#bufferStart = this.position;
  }
}
