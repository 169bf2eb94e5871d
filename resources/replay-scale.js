// Where things stand in the picture of a replay, and how its figures are written. No page, no clock.

/** Steps of a time axis, ms: 1 s to 30 d. */
const STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000,
].map((seconds) => 1000 * seconds);
/** Two columns further apart than so many usual distances are not joined. */
const GAP = 20;
/** A time before 1973 does not come from a clock: it was counted from 0. */
const CLOCK_FROM = 1e11;

/** Maps `low..high` to `from..to`; what has no extent stands in the middle. */
export function scale(low, high, from, to) {
  const extent = high - low;
  return extent > 0 ? (value) => from + ((value - low) / extent) * (to - from) : () => (from + to) / 2;
}

/** The smallest and the largest of lanes with holes, with a little room; undefined of nothing. */
export function extentOf(min, max) {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of min) if (value !== null && value < low) low = value;
  for (const value of max) if (value !== null && value > high) high = value;
  if (low > high) return undefined;
  const room = (high - low) * 0.06 || Math.abs(high) * 0.05 || 1;
  return { low: low - room, high: high + room };
}

/** Round values within `low..high`, `about` many of them. */
export function valueTicks(low, high, about = 3) {
  const raw = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= raw * 0.999);
  const ticks = [];
  for (let tick = Math.ceil(low / step); tick * step <= high; tick++) ticks.push(Number((tick * step).toPrecision(15)));
  return ticks;
}

/** Round times within `from..to` (epoch ms) of the browser's time zone, at most `most` of them. */
export function timeTicks(from, to, most) {
  const step = STEPS.find((one) => (to - from) / one <= most) ?? STEPS.at(-1) * Math.ceil((to - from) / most / STEPS.at(-1));
  const zone = isClock(from) ? new Date(from).getTimezoneOffset() * 60_000 : 0;
  const ticks = [];
  for (let at = Math.ceil((from - zone) / step) * step + zone; at <= to; at += step) ticks.push(at);
  return { step, ticks };
}

export const isClock = (time) => time >= CLOCK_FROM;

/** The columns in runs that belong together: without a hole in the lane, and without a long pause in time. */
export function runsOf(lane, from, to) {
  const distances = from.slice(1).map((time, index) => time - to[index]);
  const usual = distances.toSorted((a, b) => a - b)[distances.length >> 1] ?? 0;
  const runs = [];
  let run = [];
  for (const [column, value] of lane.entries()) {
    const pause = column > 0 && distances[column - 1] > GAP * Math.max(usual, 1);
    if ((value === null || pause) && run.length > 0) {
      runs.push(run);
      run = [];
    }
    if (value !== null) run.push(column);
  }
  if (run.length > 0) runs.push(run);
  return runs;
}

const point = (x, y) => `${x.toFixed(1)},${y.toFixed(1)}`;

/** The outline of all values between two lanes, for the `d` of a path: a line where both are the same. */
export function bandPath(columns, x, top, bottom) {
  const there = columns.map((column) => point(x(column), top(column)));
  const back = columns.toReversed().map((column) => point(x(column), bottom(column)));
  return `M${[...there, ...back].join('L')}Z`;
}

export const linePath = (columns, x, y) => `M${columns.map((column) => point(x(column), y(column))).join('L')}`;

/** The column of a time: the last that has begun by then. */
export function columnAt(from, time) {
  let low = 0;
  let high = from.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (from[middle] <= time) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** ms of `from..to` in which the node watched. */
export function watchedMs(from, to, phases) {
  return Math.max(
    0,
    phases.reduce((rest, phase) => rest - (phase.to - phase.from), to - from),
  );
}

/** "45 s", "12 min", "3.5 h", "2.1 d", as the gateway writes it. */
export function duration(ms) {
  const seconds = ms / 1000;
  if (seconds < 90) return `${Number(seconds.toPrecision(2))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Number((seconds / 3600).toFixed(1))} h`;
  return `${Number((seconds / 86_400).toFixed(1))} d`;
}

/** A time that was counted from 0: "1:05:09". */
export function elapsed(ms) {
  const two = (value) => String(value).padStart(2, '0');
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
