/**
 * Large tensors and pictures on their way between Node-RED and a host: as bytes of a file in memory that both have open, since the channel cuts them into
 * pieces of 64 kB and takes no more than a few of them while the other side is in a run. The file has no name: it goes with its processes.
 */

import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { type Tensor, type TensorData, tensorArrays } from '../../shared/tensor.ts';
import type { Input, PictureInput } from './protocol.ts';
import type { Scratch } from './scratch.ts';

/** Where Linux keeps files in memory. */
const FOLDER = '/dev/shm';
/** Less goes faster through the channel. */
const LEAST_BYTES = 8 * 1024;
/** Of one message; more goes through the channel. */
const MOST_BYTES = 32 * 2 ** 20;

/** A tensor or picture whose data lie in the file. */
export type Placed<One extends Input> = Omit<One, 'data'> & { at: number; bytes: number };

export type Sent<One extends Input> = One | Placed<One>;
export type SentTensors = Record<string, Sent<Tensor>>;
export type SentInputs = Record<string, Sent<Tensor> | Sent<PictureInput>>;

/** Runs whose tensors the file holds at a time; each has a place of its own there. */
export const PLACES = 4;

/** One direction of the way: inputs or outputs. */
export class SharedMemory {
  readonly #fd: number;
  readonly #start: number;
  constructor(fd: number, direction: 'inputs' | 'outputs') {
    this.#fd = fd;
    this.#start = direction === 'inputs' ? 0 : PLACES * MOST_BYTES;
  }

  /** Puts the large ones of some tensors and pictures into a place of the file. Where that has no room, all stay as they are. */
  put<One extends Input>(inputs: Record<string, One>, place: number): Record<string, Sent<One>> {
    let at = this.#start + place * MOST_BYTES;
    const end = at + MOST_BYTES;
    const sent: [string, Sent<One>][] = [];
    for (const [name, input] of Object.entries(inputs)) {
      const { data, ...rest } = input;
      const bytes = Array.isArray(data) ? 0 : data.byteLength;
      if (bytes < LEAST_BYTES || at + bytes > end) sent.push([name, input]);
      else {
        if (!this.#write(data as Exclude<TensorData, string[]>, at)) return inputs;
        sent.push([name, { ...rest, at, bytes }]);
        at += bytes;
      }
    }
    return Object.fromEntries(sent);
  }

  /**
   * The tensors and pictures again.
   * @param scratch to read into, where they are done with before the next are read; else each gets memory of its own
   * @throws Error where the file has not got them
   */
  fetch<One extends Input>(sent: Record<string, Sent<One>>, scratch?: Scratch): Record<string, One> {
    return Object.fromEntries(
      Object.entries(sent).map(([name, input]) => [name, 'at' in input ? this.#read(input, scratch?.take(name, input.bytes)) : input]),
    );
  }

  #write(data: NodeJS.ArrayBufferView, at: number): boolean {
    try {
      return writeSync(this.#fd, data, 0, data.byteLength, at) === data.byteLength;
    } catch {
      return false;
    }
  }

  #read<One extends Input>({ at, bytes, ...rest }: Placed<One>, buffer = new ArrayBuffer(bytes)): One {
    if (readSync(this.#fd, new Uint8Array(buffer), 0, bytes, at) !== bytes) throw new Error('a tensor was not where it was said to be');
    const array = rest.type === 'picture' ? Uint8Array : tensorArrays[rest.type as keyof typeof tensorArrays];
    return { ...rest, data: new array(buffer, 0, bytes / array.BYTES_PER_ELEMENT) } as unknown as One;
  }
}

/** A new file in memory, without a name; undefined where the system has no such. */
export function openMemory(): number | undefined {
  const path = `${FOLDER}/linewatch-${randomUUID()}`;
  try {
    const fd = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
    return fd;
  } catch {
    return undefined;
  }
}

export function closeMemory(fd: number | undefined): void {
  if (fd !== undefined) closeSync(fd);
}
