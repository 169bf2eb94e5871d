/** Protocol Buffers' wire format (protobuf.dev/programming-guides/encoding), the part that ONNX files use, written. */

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

const encoder = new TextEncoder();

/** One message. Byte blocks are kept by reference until `toBytes`, so that 100 MB of weights are copied once. */
export class ProtoMessage {
  #blocks: Uint8Array[] = [];
  #small: number[] = [];
  #length = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.#length + this.#small.length;
  }

  /** An integer; a negative one takes ten bytes, as int64 does. */
  integer(field: number, value: number | bigint): this {
    this.#tag(field, VARINT);
    this.#varint(BigInt.asUintN(64, BigInt(value)));
    return this;
  }

  float(field: number, value: number): this {
    this.#tag(field, FIXED32);
    return this.#block(new Uint8Array(new Float32Array([value]).buffer));
  }

  double(field: number, value: number): this {
    this.#tag(field, FIXED64);
    return this.#block(new Uint8Array(new Float64Array([value]).buffer));
  }

  text(field: number, value: string): this {
    return this.bytes(field, encoder.encode(value));
  }

  /** The block is not copied: it must not change before `toBytes`. */
  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, BYTES);
    this.#varint(BigInt(value.length));
    return this.#block(value);
  }

  message(field: number, value: ProtoMessage): this {
    this.#tag(field, BYTES);
    this.#varint(BigInt(value.length));
    value.#flush();
    for (const block of value.#blocks) this.#block(block);
    return this;
  }

  toBytes(): Uint8Array {
    this.#flush();
    const bytes = new Uint8Array(this.#length);
    let at = 0;
    for (const block of this.#blocks) {
      bytes.set(block, at);
      at += block.length;
    }
    return bytes;
  }

  #tag(field: number, wireType: number): void {
    this.#varint(BigInt(field * 8 + wireType));
  }

  #varint(value: bigint): void {
    let rest = value;
    while (rest > 127n) {
      this.#small.push(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    this.#small.push(Number(rest));
  }

  #block(block: Uint8Array): this {
    this.#flush();
    this.#blocks.push(block);
    this.#length += block.length;
    return this;
  }

  #flush(): void {
    if (this.#small.length === 0) return;
    this.#blocks.push(Uint8Array.from(this.#small));
    this.#length += this.#small.length;
    this.#small = [];
  }
}
