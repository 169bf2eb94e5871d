const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/**
 * The bits of a number as IEEE 754 binary16, rounded to nearest, ties to even. (Node.js has Float16Array only from
 * version 24 on.)
 */
export function float16Bits(value: number): number {
  float[0] = value;
  const word = bits[0] as number;
  const sign = (word >>> 16) & 0x8000;
  const exponent = (word >>> 23) & 0xff;
  const fraction = word & 0x7f_ffff;
  if (exponent === 0xff) return sign | 0x7c00 | (fraction === 0 ? 0 : 0x200);
  const half = exponent - 112;
  if (half >= 31) return sign | 0x7c00;
  if (half < -10) return sign;
  // Below 2^-14 the leading one becomes part of the fraction.
  const mantissa = half > 0 ? fraction : fraction | 0x80_0000;
  const shift = half > 0 ? 13 : 14 - half;
  const rest = mantissa & ((1 << shift) - 1);
  const middle = 1 << (shift - 1);
  const kept = (half > 0 ? half << 10 : 0) + (mantissa >>> shift);
  // A carry out of the fraction rightly raises the exponent.
  return sign | (rest > middle || (rest === middle && (kept & 1) === 1) ? kept + 1 : kept);
}

/** The number that IEEE 754 binary16 bits stand for. */
export function float16Value(half: number): number {
  const sign = (half & 0x8000) === 0 ? 1 : -1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}
