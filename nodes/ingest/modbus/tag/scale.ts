import type { Tag } from './tag.ts';

type Scaling = Pick<Tag, 'scale' | 'offset'>;

/** scale = factor / parts and offset = shift / parts, all three integers: 0.1 and -40 are 1, -400, 10. */
interface Decimal {
  factor: number;
  shift: number;
  parts: number;
}

/** Found once for each tag; undefined where scale and offset are no short decimals. */
const known = new WeakMap<Scaling, { decimal: Decimal | undefined }>();

/**
 * raw · scale + offset. Integers are reckoned exactly and divided last, so that 653 · 0.1 − 40 is 25.3 and not 25.299999999999997: the
 * result is the double that is nearest to the decimal one.
 */
export function toEngineering(raw: number, scaling: Scaling): number {
  const { scale, offset } = scaling;
  if (scale === 1 && offset === 0) return raw;
  const decimal = decimalOf(scaling);
  if (decimal === undefined) return raw * scale + offset;
  const { factor, shift, parts } = decimal;
  const product = raw * factor;
  const sum = product + shift;
  if (Number.isSafeInteger(product) && Number.isSafeInteger(sum)) return sum / parts;
  return (raw / parts) * factor + offset;
}

/** The raw number of a value; the inverse of `toEngineering`, but for the last digits of a double. */
export function toRaw(value: number, scaling: Scaling): number {
  const decimal = decimalOf(scaling);
  if (decimal === undefined) return (value - scaling.offset) / scaling.scale;
  return ((value - scaling.offset) * decimal.parts) / decimal.factor;
}

function decimalOf(scaling: Scaling): Decimal | undefined {
  const found = known.get(scaling);
  if (found !== undefined) return found.decimal;
  const decimal = findDecimal(scaling);
  known.set(scaling, { decimal });
  return decimal;
}

function findDecimal({ scale, offset }: Scaling): Decimal | undefined {
  const places = Math.max(placesOf(scale), placesOf(offset));
  // Powers of ten up to here are exact doubles.
  if (places > 22) return undefined;
  const parts = Number(`1e${places}`);
  const factor = Math.round(scale * parts);
  const shift = Math.round(offset * parts);
  return Number.isSafeInteger(factor) && Number.isSafeInteger(shift) ? { factor, shift, parts } : undefined;
}

/** Decimal places of a number as it is written: 2 of 0.25, 7 of 2.5e-6. */
function placesOf(value: number): number {
  const [mantissa, exponent] = String(value).split('e') as [string, string | undefined];
  return Math.max(0, (mantissa.split('.')[1] ?? '').length - Number(exponent ?? 0));
}
