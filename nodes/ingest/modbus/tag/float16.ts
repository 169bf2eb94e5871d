/** IEEE 754 binary16: 1 sign bit, 5 of the exponent (bias 15), 10 of the fraction. */

const scratch = new DataView(new ArrayBuffer(8));

/** The value of 16 bits; infinite or NaN where the exponent is all ones. */
export function float16Of(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The nearest 16 bits, ties to even; values from 65520 on become infinite, as the standard has it. */
export function float16Bits(value: number): number {
  scratch.setFloat64(0, value);
  const high = scratch.getUint32(0);
  const sign = (high >>> 16) & 0x8000;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  // Below 2^-14 the exponent stands still and the fraction counts steps of 2^-24.
  if (size < 2 ** -14) return sign | tiesToEven(size * 2 ** 24);
  const exponent = ((high >>> 20) & 0x7ff) - 1023;
  // A fraction that rounds up to 1024 carries into the exponent, which is right.
  return sign | (((exponent + 15) << 10) + tiesToEven((size / 2 ** exponent - 1) * 1024));
}

function tiesToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest === 0.5) return below + (below % 2);
  return rest < 0.5 ? below : below + 1;
}
