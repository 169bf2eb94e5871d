// What the sidebar shows of a model: rates, quantiles and curves made of the counters that the gateway sends. No page, no clock.

/** Figures are of the last minute, each point of a curve of the last 10 s, and a curve of the last 5 minutes. */
const FIGURES_MS = 60_000;
const POINT_MS = 10_000;
const CURVE_MS = 300_000;
/** A longer pause (the tab was hidden) interrupts the curve. */
const PAUSE_MS = 8_000;

/**
 * Estimate of a quantile of `{ bounds, counts }`, by linear interpolation within its bucket; undefined of nothing. As
 * `histogramQuantile` of nodes/shared/histogram.ts, which a browser can not load: a test compares the two.
 */
export function quantile({ bounds, counts }, share) {
  const rank = share * counts.reduce((total, count) => total + count, 0);
  let below = 0;
  for (const [index, count] of counts.entries()) {
    if (count > 0 && below + count >= rank) {
      const low = index === 0 ? 0 : bounds[index - 1];
      const high = bounds[index] ?? low;
      return low + ((high - low) * Math.max(0, rank - below)) / count;
    }
    below += count;
  }
  return undefined;
}

const difference = (after, before) => ({ bounds: after.bounds, counts: after.counts.map((count, index) => count - before.counts[index]) });

/** Between two readings `{ at, statistics }`, `at` in ms. */
function between(before, after) {
  const seconds = (after.at - before.at) / 1000;
  const counted = (key) => after.statistics[key] - before.statistics[key];
  const runs = counted('runs');
  return {
    messagesPerSecond: counted('answered') / seconds,
    runsPerSecond: runs / seconds,
    cpuMsPerRun: runs > 0 ? counted('cpuMs') / runs : undefined,
    runMs: difference(after.statistics.runMs, before.statistics.runMs),
    queueMs: difference(after.statistics.queueMs, before.statistics.queueMs),
  };
}

/** The latest readings of one model, and the curves they make. */
export class ModelHistory {
  #readings = [];
  /** `{ at, runsPerSecond, p50, p99, memoryMb, isStart }`, oldest first: `isStart` begins a new line after a pause. */
  points = [];

  /** @param at ms of the gateway's own time */
  add(at, statistics) {
    const last = this.#readings.at(-1);
    // Counters never fall: these belong to a new handle, or to a Node-RED that was started anew.
    if (last && (at <= last.at || statistics.runs < last.statistics.runs || statistics.failed < last.statistics.failed)) {
      this.#readings = [];
      this.points = [];
    }
    const isStart = last === undefined || at - last.at > PAUSE_MS;
    if (isStart) this.#readings = [];
    const reading = { at, statistics };
    this.#readings.push(reading);
    this.#readings = this.#readings.filter((one) => at - one.at <= FIGURES_MS);
    const base = this.#readings.find((one) => at - one.at <= POINT_MS && one !== reading);
    const recent = base && between(base, reading);
    this.points.push({
      at,
      isStart,
      runsPerSecond: recent?.runsPerSecond,
      p50: recent && quantile(recent.runMs, 0.5),
      p99: recent && quantile(recent.runMs, 0.99),
      memoryMb: statistics.residentMb,
    });
    this.points = this.points.filter((point) => at - point.at <= CURVE_MS);
  }

  /**
   * Of the last minute. Without a run in it, times are those since the start (`isOld`); what is not known yet is undefined.
   */
  get figures() {
    const last = this.#readings.at(-1);
    const recent = this.#readings.length > 1 ? between(this.#readings[0], last) : undefined;
    const isOld = !(recent?.runsPerSecond > 0);
    const { runMs, queueMs, runs, cpuMs } = last.statistics;
    const times = isOld ? { runMs, queueMs, cpuMsPerRun: runs > 0 ? cpuMs / runs : undefined } : recent;
    return {
      messagesPerSecond: recent?.messagesPerSecond,
      runsPerSecond: recent?.runsPerSecond,
      isOld,
      cpuMsPerRun: times.cpuMsPerRun,
      run: { p50: quantile(times.runMs, 0.5), p99: quantile(times.runMs, 0.99) },
      queue: { p50: quantile(times.queueMs, 0.5), p99: quantile(times.queueMs, 0.99) },
    };
  }

  /**
   * One value of the points as the lines of a picture `width` × `height`: the right edge is now, the bottom 0, the top `top`.
   * Without a value (no run meanwhile) a line is interrupted.
   * @returns {string[]} for the `points` of a polyline each
   */
  lines(key, top, width, height) {
    const end = this.points.at(-1)?.at ?? 0;
    const lines = [];
    let line = [];
    const finish = () => {
      // A single point would not be seen.
      if (line.length === 1) line.push(line[0].replace(/^[\d.]+/, (x) => String(Number(x) + 1)));
      if (line.length > 0) lines.push(line.join(' '));
      line = [];
    };
    for (const point of this.points) {
      if (point.isStart || point[key] === undefined) finish();
      if (point[key] === undefined) continue;
      const x = width * (1 - (end - point.at) / CURVE_MS);
      const y = height * (1 - Math.min(1, point[key] / top));
      line.push(`${x.toFixed(1)},${y.toFixed(1)}`);
    }
    finish();
    return lines;
  }

  /** The end of a scale that holds all values of these keys: 1, 2 or 5 times a power of ten. */
  top(...keys) {
    const most = Math.max(0, ...this.points.flatMap((point) => keys.map((key) => point[key] ?? 0)));
    if (most === 0) return 1;
    const power = 10 ** Math.floor(Math.log10(most));
    return power * [1, 2, 5, 10].find((step) => step * power >= most * 0.999);
  }
}
