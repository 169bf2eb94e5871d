/** How numbers and times are written in sentences for operators. */

/** A number with four significant digits at most, and no exponent where people would not write one. */
export function readableNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return value.toExponential(2);
  if (size >= 1000) return String(Math.round(value));
  return String(Number(value.toPrecision(size >= 100 ? 4 : 3)));
}

/** A number with its unit; the unit may be empty. */
export function readableAmount(value: number, unit: string): string {
  return unit === '' ? readableNumber(value) : `${readableNumber(value)} ${unit}`;
}

/** A length of time in its largest fitting SI unit or min, h, d: "45 s", "12 min", "3.5 h". */
export function readableDuration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 90) return `${Number(seconds.toPrecision(2))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Number((seconds / 3600).toFixed(1))} h`;
  return `${Number((seconds / 86_400).toFixed(1))} d`;
}

/** Local time of day, 24 h; with the date where `time` is on another day than `now`. Both epoch ms. */
export function readableTime(time: number, now: number): string {
  const at = new Date(time);
  const two = (value: number) => String(value).padStart(2, '0');
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  if (at.toDateString() === new Date(now).toDateString()) return clock;
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock}`;
}
