export type Smoothing = { kind: 'none' } | { kind: 'median' | 'exponential'; size: number };

/** A causal filter of one tag: takes a value, gives the smoothed one. NaN stays NaN and starts the filter anew. */
export type Filter = (value: number) => number;

/**
 * `median`: of the last `size` values. `exponential`: weight 2 / (size + 1) for the newest, which has the same mean age as
 * a moving average over `size` values (Brown 1959).
 */
export function createFilter(smoothing: Smoothing): Filter {
  if (smoothing.kind === 'none') return (value) => value;
  return smoothing.kind === 'median' ? medianFilter(smoothing.size) : exponentialFilter(2 / (smoothing.size + 1));
}

function medianFilter(size: number): Filter {
  let recent: number[] = [];
  return (value) => {
    if (Number.isNaN(value)) {
      recent = [];
      return value;
    }
    recent.push(value);
    if (recent.length > size) recent.shift();
    const sorted = recent.toSorted((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
  };
}

function exponentialFilter(weight: number): Filter {
  let level = Number.NaN;
  return (value) => {
    level = Number.isNaN(value) || Number.isNaN(level) ? value : level + weight * (value - level);
    return level;
  };
}
