/** Protocol Buffers' wire format (protobuf.dev/programming-guides/encoding), read. */

export interface Field {
  number: number;
  /** Varints as bigint; fixed 32 and 64 bits and byte blocks as the bytes. */
  value: bigint | Uint8Array;
}

/** The fields of a message, in the file's order. */
export function* readFields(bytes: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error('the message ends within a number');
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const block = (length: number) => {
    if (at + length > bytes.length) throw new Error('the message ends within a block');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const number = tag >> 3;
    switch (tag & 7) {
      case 0:
        yield { number, value: varint() };
        break;
      case 1:
        yield { number, value: block(8) };
        break;
      case 2:
        yield { number, value: block(Number(varint())) };
        break;
      case 5:
        yield { number, value: block(4) };
        break;
      default:
        throw new Error(`wire type ${tag & 7}`);
    }
  }
}

/** The numbers of a repeated integer field: one, or a packed block of them. */
export function integers(value: bigint | Uint8Array): bigint[] {
  if (typeof value === 'bigint') return [BigInt.asIntN(64, value)];
  const numbers: bigint[] = [];
  let number = 0n;
  let shift = 0n;
  for (const byte of value) {
    number |= BigInt(byte & 127) << shift;
    shift += 7n;
    if (byte >= 128) continue;
    numbers.push(BigInt.asIntN(64, number));
    number = shift = 0n;
  }
  return numbers;
}
