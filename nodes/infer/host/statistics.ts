import { decadeBounds, Histogram, type HistogramSnapshot } from '../../shared/histogram.ts';

/** One run of a model. */
export interface RunFigures {
  /** How many messages it answered: more than one where they ran as a batch. */
  messages: number;
  /** How long each of them waited for the run, ms. */
  queueMs: readonly number[];
  /** The run itself, as the host measured it. */
  runMs: number;
  /** There and back, without the run. */
  transportMs: number;
  /** Rows of the batch; 1 for a single message. */
  rows: number;
  /** Processor time that the host spent on it. */
  cpuMs: number;
}

export type DropReason = 'full' | 'latest' | 'late' | 'awaited';

/** What a model has done since its handle was made, as plain JSON. Counters only rise: who reads makes rates of them. */
export interface ModelSnapshot {
  answered: number;
  failed: number;
  /** Error code → failed messages. */
  errors: Record<string, number>;
  dropped: Record<DropReason, number>;
  runs: number;
  restarts: number;
  swaps: number;
  failedSwaps: number;
  stateResets: number;
  cpuMs: number;
  /** How long the last load took; undefined before the first. */
  loadMs: number | undefined;
  /** Resident size of the process when it was last looked at, in MB of 1024² bytes; undefined before the first time. */
  residentMb: number | undefined;
  /** One value a message. */
  queueMs: HistogramSnapshot;
  /** One value a run, as the two that follow. */
  runMs: HistogramSnapshot;
  transportMs: HistogramSnapshot;
  rows: HistogramSnapshot;
}

/** From 10 µs to 100 s. */
const TIME_BOUNDS_MS = decadeBounds(0.01, 100_000);
const ROW_BOUNDS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
/** Codes come from a catalogue, but nothing here may grow without a bound. */
const MOST_CODES = 32;
const OTHER_CODES = 'other';

/** Counts what a model does, in memory that never grows. It has no clock: all times are handed in. */
export class ModelStatistics {
  #answered = 0;
  #failed = 0;
  readonly #errors = new Map<string, number>();
  readonly #dropped: Record<DropReason, number> = { full: 0, latest: 0, late: 0, awaited: 0 };
  #runs = 0;
  #restarts = 0;
  #swaps = 0;
  #failedSwaps = 0;
  #stateResets = 0;
  #cpuMs = 0;
  #loadMs: number | undefined;
  #residentMb: number | undefined;
  readonly #queueMs = new Histogram(TIME_BOUNDS_MS);
  readonly #runMs = new Histogram(TIME_BOUNDS_MS);
  readonly #transportMs = new Histogram(TIME_BOUNDS_MS);
  readonly #rows = new Histogram(ROW_BOUNDS);

  /** Once a run, however many messages it answered. */
  answered({ messages, queueMs, runMs, transportMs, rows, cpuMs }: RunFigures): void {
    this.#answered += messages;
    this.#runs++;
    for (const waited of queueMs) this.#queueMs.observe(waited);
    this.#runMs.observe(runMs);
    this.#transportMs.observe(transportMs);
    this.#rows.observe(rows);
    if (cpuMs > 0) this.#cpuMs += cpuMs;
  }

  /** Once for each message that ended in an error. */
  failed(code: string): void {
    this.#failed++;
    const counted = this.#errors.has(code) || this.#errors.size < MOST_CODES ? code : OTHER_CODES;
    this.#errors.set(counted, (this.#errors.get(counted) ?? 0) + 1);
  }

  /** Once for each message that left the queue unrun: it was `full`, a newer one came (`latest`), or it waited too long (`late`). */
  dropped(reason: DropReason): void {
    this.#dropped[reason]++;
  }

  /** The process fell and is started anew. */
  restarted(): void {
    this.#restarts++;
  }

  /** Another file serves. */
  swapped(): void {
    this.#swaps++;
  }

  /** Another file was wanted, and the old one serves on. */
  swapFailed(): void {
    this.#failedSwaps++;
  }

  /** What the model remembered between messages is lost or was given up. */
  stateReset(): void {
    this.#stateResets++;
  }

  /** @param mb resident size of the model's process, in MB of 1024² bytes */
  memory(mb: number): void {
    this.#residentMb = mb;
  }

  loaded(ms: number): void {
    this.#loadMs = ms;
  }

  snapshot(): ModelSnapshot {
    return {
      answered: this.#answered,
      failed: this.#failed,
      errors: Object.fromEntries(this.#errors),
      dropped: { ...this.#dropped },
      runs: this.#runs,
      restarts: this.#restarts,
      swaps: this.#swaps,
      failedSwaps: this.#failedSwaps,
      stateResets: this.#stateResets,
      cpuMs: this.#cpuMs,
      loadMs: this.#loadMs,
      residentMb: this.#residentMb,
      queueMs: this.#queueMs.snapshot(),
      runMs: this.#runMs.snapshot(),
      transportMs: this.#transportMs.snapshot(),
      rows: this.#rows.snapshot(),
    };
  }
}
