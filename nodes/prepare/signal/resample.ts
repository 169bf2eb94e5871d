/** One tick of the steady grid: a value per tag, NaN where there is none, and whether any value was held over a gap. */
export interface GridRow {
  /** Epoch ms of the tick. */
  time: number;
  values: Float64Array;
  held: boolean;
}

/** So many samples in a row that are far too old: the clock was set back. */
const LATE_RUN = 5;

/**
 * Puts samples of several tags, which come when they come, onto a steady grid. A tick's value is the mean of the samples
 * since the tick before (so that faster samples do not alias); a tick without a sample repeats the last value for at most
 * `maxGapMs`, and is a gap (NaN) after that. Ticks stand at whole multiples of the period since 1970, so that two gateways
 * cut the same windows. After a long pause, or when the clock was set back, the grid starts anew behind one empty tick.
 */
export class Resampler {
  readonly #tags: number;
  readonly #periodMs: number;
  readonly #maxGapMs: number;
  readonly #maxTicks: number;
  readonly #sum: Float64Array;
  readonly #count: Uint32Array;
  readonly #last: Float64Array;
  readonly #lastTime: Float64Array;
  #tick: number | undefined;
  #latest = Number.NEGATIVE_INFINITY;
  #lateRun = 0;

  /**
   * @param maxTicks after a pause longer than this many ticks the grid starts anew instead of filling the pause, and after a few
   *   samples in a row that are older than the newest by more than that
   */
  constructor(tags: number, rateHz: number, maxGapMs: number, maxTicks = 100_000) {
    this.#tags = tags;
    this.#maxTicks = maxTicks;
    this.#periodMs = 1000 / rateHz;
    this.#maxGapMs = maxGapMs;
    this.#sum = new Float64Array(tags);
    this.#count = new Uint32Array(tags);
    this.#last = new Float64Array(tags).fill(Number.NaN);
    this.#lastTime = new Float64Array(tags).fill(Number.NEGATIVE_INFINITY);
  }

  /**
   * Takes the values that came at `time` (epoch ms; NaN: this tag did not come, or is bad) and returns the ticks that are
   * complete with it. A sample older than the newest counts for the tick being filled: sources whose clocks differ go together.
   * @param time at most 2⁵² periods from 1970
   */
  add(time: number, values: ArrayLike<number>): GridRow[] {
    const rows: GridRow[] = [];
    if (this.#tick === undefined) this.#tick = this.#tickOf(time);
    else if (this.#isElsewhere(time)) rows.push(this.#startAnew(time));
    while (this.#tick * this.#periodMs < time - 1e-6) rows.push(this.#close());
    for (let tag = 0; tag < this.#sum.length; tag++) {
      const value = values[tag] ?? Number.NaN;
      if (!Number.isFinite(value)) continue;
      this.#sum[tag] = (this.#sum[tag] as number) + value;
      this.#count[tag] = (this.#count[tag] as number) + 1;
      this.#lastTime[tag] = Math.max(this.#lastTime[tag] as number, time);
    }
    this.#latest = Math.max(this.#latest, time);
    if (this.#tick * this.#periodMs <= this.#latest + 1e-6) rows.push(this.#close());
    return rows;
  }

  #tickOf(time: number): number {
    return Math.ceil(time / this.#periodMs - 1e-9);
  }

  /** Whether this sample shows that time goes on elsewhere. One stray old sample does not; a clock that was set back does. */
  #isElsewhere(time: number): boolean {
    const farMs = this.#maxTicks * this.#periodMs;
    if (time - (this.#tick as number) * this.#periodMs > farMs) return true;
    this.#lateRun = this.#latest - time > farMs ? this.#lateRun + 1 : 0;
    return this.#lateRun >= LATE_RUN;
  }

  /** What was before belongs to no tick after; the empty tick between keeps it out of every later window. */
  #startAnew(time: number): GridRow {
    this.#sum.fill(0);
    this.#count.fill(0);
    this.#last.fill(Number.NaN);
    this.#lastTime.fill(Number.NEGATIVE_INFINITY);
    this.#latest = Number.NEGATIVE_INFINITY;
    this.#lateRun = 0;
    this.#tick = this.#tickOf(time);
    return { time: (this.#tick - 1) * this.#periodMs, values: new Float64Array(this.#tags).fill(Number.NaN), held: false };
  }

  #close(): GridRow {
    const time = (this.#tick as number) * this.#periodMs;
    const values = new Float64Array(this.#sum.length);
    let held = false;
    for (let tag = 0; tag < values.length; tag++) {
      const count = this.#count[tag] as number;
      if (count > 0) {
        this.#last[tag] = (this.#sum[tag] as number) / count;
      } else if (time - (this.#lastTime[tag] as number) > this.#maxGapMs + 1e-6) {
        this.#last[tag] = Number.NaN;
      } else {
        held = true;
      }
      values[tag] = this.#last[tag] as number;
    }
    this.#sum.fill(0);
    this.#count.fill(0);
    this.#tick = (this.#tick as number) + 1;
    return { time, values, held };
  }
}
