/**
 * Large tensors on their way between Node-RED and a host: as bytes of a file in memory that both have open, since the channel cuts them into
 * pieces of 64 kB and takes no more than a few of them while the other side is in a run. The file has no name: it goes with its processes.
 */

import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { type Tensor, type TensorData, tensorArrays } from '../../shared/tensor.ts';
import type { Tensors } from './protocol.ts';

/** Where Linux keeps files in memory. */
const FOLDER = '/dev/shm';
/** Less goes faster through the channel. */
const LEAST_BYTES = 32 * 1024;
/** Of one message; more goes through the channel. */
const MOST_BYTES = 32 * 2 ** 20;

/** A tensor whose data lie in the file. */
export interface PlacedTensor extends Omit<Tensor, 'data'> {
  at: number;
  bytes: number;
}

export type SentTensors = Record<string, Tensor | PlacedTensor>;

/** One direction of the way: inputs or outputs. Two messages may be under way at a time, each in a place of its own. */
export class SharedMemory {
  readonly fd: number;
  readonly #start: number;
  #turn = 0;
  /** Buffers to read into, by name; undefined where each tensor gets memory of its own. */
  readonly #buffers: Map<string, ArrayBuffer> | undefined;

  /** @param reuses whether what was read is done with when the next is read */
  constructor(fd: number, direction: 'inputs' | 'outputs', reuses = false) {
    this.fd = fd;
    this.#start = direction === 'inputs' ? 0 : 2 * MOST_BYTES;
    this.#buffers = reuses ? new Map() : undefined;
  }

  /** Puts the large ones of some tensors into the file. Where that has no room, all stay as they are. */
  place(tensors: Tensors): SentTensors {
    let at = this.#start + this.#turn * MOST_BYTES;
    const end = at + MOST_BYTES;
    const placed: SentTensors = {};
    let any = false;
    for (const [name, tensor] of Object.entries(tensors)) {
      const { type, dims, data } = tensor;
      const bytes = Array.isArray(data) ? 0 : data.byteLength;
      if (bytes < LEAST_BYTES || at + bytes > end) placed[name] = tensor;
      else {
        if (!this.#write(data as Exclude<TensorData, string[]>, at)) return tensors;
        placed[name] = { type, dims, at, bytes };
        at += bytes;
        any = true;
      }
    }
    if (any) this.#turn = 1 - this.#turn;
    return placed;
  }

  /** The tensors again. @throws Error where the file has not got them */
  fetch(sent: SentTensors): Tensors {
    const tensors: Tensors = {};
    for (const [name, tensor] of Object.entries(sent)) tensors[name] = 'at' in tensor ? this.#read(name, tensor) : tensor;
    return tensors;
  }

  #write(data: NodeJS.ArrayBufferView, at: number): boolean {
    try {
      return writeSync(this.fd, data, 0, data.byteLength, at) === data.byteLength;
    } catch {
      return false;
    }
  }

  #read(name: string, { type, dims, at, bytes }: PlacedTensor): Tensor {
    const buffer = this.#bufferFor(name, bytes);
    if (readSync(this.fd, new Uint8Array(buffer), 0, bytes, at) !== bytes) throw new Error('a tensor was not where it was said to be');
    const array = tensorArrays[type as keyof typeof tensorArrays];
    return { type, dims, data: new array(buffer) as TensorData };
  }

  #bufferFor(name: string, bytes: number): ArrayBuffer {
    const kept = this.#buffers?.get(name);
    if (kept?.byteLength === bytes) return kept;
    const buffer = new ArrayBuffer(bytes);
    this.#buffers?.set(name, buffer);
    return buffer;
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
