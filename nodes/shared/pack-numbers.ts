/**
 * Long lists of numbers in a state that is written as JSON: base64 of their bytes, little-endian. Bit-exact, and about ten times
 * faster and half as long as decimal digits.
 */
const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

export function packNumbers(values: Float64Array | Float32Array): string {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return (littleEndian ? bytes : swapped(bytes, values.BYTES_PER_ELEMENT)).toString('base64');
}

/**
 * What `packNumbers` made of a Float64Array.
 * @param length how many there must be; without it as many as there are
 * @throws Error where it is no such text, or a number is not finite: one of them would poison all that is computed with it
 */
export function unpackFloat64(text: unknown, length?: number): Float64Array {
  return checked(new Float64Array(bytesOf(text, 8, length)));
}

/** What `packNumbers` made of a Float32Array; otherwise as `unpackFloat64`. */
export function unpackFloat32(text: unknown, length?: number): Float32Array {
  return checked(new Float32Array(bytesOf(text, 4, length)));
}

/** A copy of its own: a view into Node's pool of buffers would keep the pool alive, and need not be aligned. */
function bytesOf(text: unknown, size: number, length: number | undefined): ArrayBuffer {
  if (typeof text !== 'string') throw new Error('packed numbers: expected a text');
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length % size !== 0 || (length !== undefined && bytes.length !== length * size) || bytes.toString('base64') !== text) {
    throw new Error(`packed numbers: expected ${length ?? 'whole'} numbers of ${size} bytes in base64, got ${bytes.length} bytes`);
  }
  const buffer = new ArrayBuffer(bytes.length);
  new Uint8Array(buffer).set(littleEndian ? bytes : swapped(bytes, size));
  return buffer;
}

function swapped(bytes: Buffer, size: number): Buffer {
  const copy = Buffer.from(bytes);
  return size === 8 ? copy.swap64() : copy.swap32();
}

function checked<Numbers extends Float64Array | Float32Array>(values: Numbers): Numbers {
  for (let index = 0; index < values.length; index++) {
    if (!Number.isFinite(values[index])) throw new Error(`packed numbers: number ${index} is not finite`);
  }
  return values;
}
