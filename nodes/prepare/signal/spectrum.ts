/**
 * Power of a signal in a frequency band by Welch's method (Welch 1967): Hann-windowed segments of a power of two, half
 * overlapping, averaged; the mean is removed first.
 * @param signal samples at `sampleRateHz`
 * @param lowHz,highHz the band, both ends included; highHz beyond half the sample rate counts as half the sample rate
 * @returns power in the signal's unit squared: a sine of amplitude A inside the band gives A²/2
 */
export function bandPower(signal: ArrayLike<number>, sampleRateHz: number, lowHz: number, highHz: number): number {
  if (signal.length < 2) return 0;
  const length = Math.min(4096, 2 ** Math.floor(Math.log2(signal.length)));
  const taper = Float64Array.from({ length }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / length));
  const taperPower = taper.reduce((sum, weight) => sum + weight * weight, 0);
  let mean = 0;
  for (let i = 0; i < signal.length; i++) mean += (signal[i] as number) / signal.length;

  let power = 0;
  let segments = 0;
  const real = new Float64Array(length);
  const imaginary = new Float64Array(length);
  for (const start of segmentStarts(signal.length, length)) {
    for (let i = 0; i < length; i++) real[i] = ((signal[start + i] as number) - mean) * (taper[i] as number);
    imaginary.fill(0);
    fourierTransform(real, imaginary);
    for (let bin = 0; bin <= length / 2; bin++) {
      const frequency = (bin * sampleRateHz) / length;
      if (frequency < lowHz || frequency > highHz) continue;
      // One-sided: every bin but 0 and the last stands for its mirror image too.
      const sides = bin === 0 || bin === length / 2 ? 1 : 2;
      power += (sides * ((real[bin] as number) ** 2 + (imaginary[bin] as number) ** 2)) / (length * taperPower);
    }
    segments++;
  }
  return power / segments;
}

/** Starts of half-overlapping segments; the last one ends with the signal, so that no sample is left out. */
function segmentStarts(signalLength: number, length: number): number[] {
  const starts: number[] = [];
  for (let start = 0; start + length < signalLength; start += length / 2) starts.push(start);
  starts.push(signalLength - length);
  return starts;
}

/** In-place radix-2 fast Fourier transform (Cooley and Tukey 1965). The length is a power of two. */
export function fourierTransform(real: Float64Array, imaginary: Float64Array): void {
  const n = real.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [real[i], real[j]] = [real[j] as number, real[i] as number];
      [imaginary[i], imaginary[j]] = [imaginary[j] as number, imaginary[i] as number];
    }
  }
  for (let size = 2; size <= n; size *= 2) {
    const half = size / 2;
    for (let k = 0; k < half; k++) {
      const cos = Math.cos((-2 * Math.PI * k) / size);
      const sin = Math.sin((-2 * Math.PI * k) / size);
      for (let a = k; a < n; a += size) {
        const b = a + half;
        const re = (real[b] as number) * cos - (imaginary[b] as number) * sin;
        const im = (real[b] as number) * sin + (imaginary[b] as number) * cos;
        real[b] = (real[a] as number) - re;
        imaginary[b] = (imaginary[a] as number) - im;
        real[a] = (real[a] as number) + re;
        imaginary[a] = (imaginary[a] as number) + im;
      }
    }
  }
}
