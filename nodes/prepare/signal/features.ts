import { bandPower } from './spectrum.ts';

export const featureNames = ['mean', 'std', 'min', 'max', 'rms', 'peak', 'crest', 'kurtosis', 'skewness', 'slope', 'band-power'] as const;
export type FeatureName = (typeof featureNames)[number];

export interface FeatureOptions {
  sampleRateHz: number;
  bandLowHz: number;
  bandHighHz: number;
}

/**
 * A feature of one tag over a window. A constant signal has crest factor 1 (0 if it is zero), kurtosis 3 and skewness 0, the
 * values of "nothing happens", so that a standing machine gives no NaN.
 * - mean, std (n − 1), min, max, rms, peak (largest absolute value): the tag's unit
 * - crest (peak / rms), kurtosis (m4 / m2², 3 for a normal distribution), skewness (m3 / m2^1.5): no unit
 * - slope (least squares): unit per second; band-power: unit²
 */
export function feature(name: FeatureName, signal: ArrayLike<number>, options: FeatureOptions): number {
  const n = signal.length;
  switch (name) {
    case 'mean':
      return mean(signal);
    case 'std':
      return n < 2 ? 0 : Math.sqrt((centralMoment(signal, 2) * n) / (n - 1));
    case 'min':
      return fold(signal, Number.POSITIVE_INFINITY, Math.min);
    case 'max':
      return fold(signal, Number.NEGATIVE_INFINITY, Math.max);
    case 'rms':
      return Math.sqrt(fold(signal, 0, (sum, value) => sum + value * value) / n);
    case 'peak':
      return fold(signal, 0, (peak, value) => Math.max(peak, Math.abs(value)));
    case 'crest': {
      const rms = feature('rms', signal, options);
      return rms === 0 ? 0 : feature('peak', signal, options) / rms;
    }
    case 'kurtosis': {
      const variance = centralMoment(signal, 2);
      return variance === 0 ? 3 : centralMoment(signal, 4) / variance ** 2;
    }
    case 'skewness': {
      const variance = centralMoment(signal, 2);
      return variance === 0 ? 0 : centralMoment(signal, 3) / variance ** 1.5;
    }
    case 'slope':
      return slope(signal) * options.sampleRateHz;
    case 'band-power':
      return bandPower(signal, options.sampleRateHz, options.bandLowHz, options.bandHighHz);
  }
}

/** The unit of a feature of a tag with this unit. */
export function featureUnit(name: FeatureName, unit: string): string {
  switch (name) {
    case 'crest':
    case 'kurtosis':
    case 'skewness':
      return '';
    case 'slope':
      return unit === '' ? '1/s' : `${unit}/s`;
    case 'band-power':
      return unit === '' ? '' : `(${unit})²`;
    default:
      return unit;
  }
}

function fold(signal: ArrayLike<number>, start: number, step: (sum: number, value: number) => number): number {
  let sum = start;
  for (let i = 0; i < signal.length; i++) sum = step(sum, signal[i] as number);
  return sum;
}

const mean = (signal: ArrayLike<number>) => fold(signal, 0, (sum, value) => sum + value) / signal.length;

function centralMoment(signal: ArrayLike<number>, order: number): number {
  // Rounding leaves a constant signal a variance of about 1e-32: call that none.
  if (isConstant(signal)) return 0;
  const centre = mean(signal);
  return fold(signal, 0, (sum, value) => sum + (value - centre) ** order) / signal.length;
}

const isConstant = (signal: ArrayLike<number>) => fold(signal, 1, (same, value) => (value === signal[0] ? same : 0)) === 1;

function slope(signal: ArrayLike<number>): number {
  const n = signal.length;
  if (n < 2) return 0;
  const middle = (n - 1) / 2;
  let product = 0;
  for (let i = 0; i < n; i++) product += (i - middle) * (signal[i] as number);
  return product / ((n * (n * n - 1)) / 12);
}
