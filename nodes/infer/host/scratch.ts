/**
 * Memory that is used again for tensors that are done with at once: at hundreds of batches a second, new memory for each leaves the
 * process larger with every hour, since no two batches are of the same size.
 */
export class Scratch {
  readonly #buffers = new Map<string, ArrayBuffer>();

  /** Memory of at least so many bytes; what was given for this name before is overwritten. */
  take(name: string, bytes: number): ArrayBuffer {
    const kept = this.#buffers.get(name);
    if (kept !== undefined && kept.byteLength >= bytes) return kept;
    // A power of two: it is soon large enough.
    const buffer = new ArrayBuffer(2 ** Math.ceil(Math.log2(Math.max(1024, bytes))));
    this.#buffers.set(name, buffer);
    return buffer;
  }
}
