import type { HealthyErrors } from '../../shared/messages.ts';

const LONGEST = 10_000;

/**
 * Whether the table can be used: quantiles rising within (0, 1), errors finite, not falling, equally many, at least two; the same of its
 * `lasting` part where it has one.
 */
export function isHealthyTable(healthy: unknown): healthy is HealthyErrors {
  const { quantiles, errors, lasting } = (healthy ?? {}) as Partial<HealthyErrors>;
  if (!isTail(quantiles, errors)) return false;
  if (lasting === undefined) return true;
  return Number.isInteger(lasting?.over) && lasting.over >= 2 && lasting.over <= LONGEST && isTail(quantiles, lasting.errors);
}

function isTail(quantiles: unknown, errors: unknown): boolean {
  if (!Array.isArray(quantiles) || !Array.isArray(errors)) return false;
  if (quantiles.length !== errors.length || quantiles.length < 2) return false;
  return quantiles.every((share, index) => {
    const error = errors[index] as number;
    if (typeof share !== 'number' || !(share > 0 && share < 1) || !Number.isFinite(error) || error < 0) return false;
    return index === 0 || (share > (quantiles[index - 1] as number) && error >= (errors[index - 1] as number));
  });
}

/**
 * ln of the share of healthy data whose error is larger than `error`. Between the table's points ln(1 − q) is
 * interpolated over the error; beyond the last it falls on as it did over the last decade (an exponential tail, the
 * limit for light-tailed data: Pickands 1975, shape 0).
 * @param error ≥ 0, in the unit of `healthy.errors`
 */
export function healthyLogTail({ quantiles, errors }: Pick<HealthyErrors, 'quantiles' | 'errors'>, error: number): number {
  const last = errors.length - 1;
  const logAt = (index: number) => (index < 0 ? 0 : Math.log1p(-(quantiles[index] as number)));
  const errorAt = (index: number) => (index < 0 ? 0 : (errors[index] as number));
  if (error > errorAt(last)) {
    let from = last - 1;
    while (from >= 0 && logAt(from) < logAt(last) + Math.LN10 - 1e-9) from--;
    const drop = logAt(from) - logAt(last);
    // A table whose upper errors are all equal says nothing about the slope: a hundredth of the error per e-fold.
    const width = Math.max(errorAt(last) - errorAt(from), errorAt(last) * 0.01 * drop, 1e-12);
    return logAt(last) - ((error - errorAt(last)) / width) * drop;
  }
  let above = 0;
  while (errorAt(above) < error) above++;
  const below = above - 1;
  const width = errorAt(above) - errorAt(below);
  const share = width > 0 ? (error - errorAt(below)) / width : 1;
  return logAt(below) + share * (logAt(above) - logAt(below));
}
