import { readTable } from '../../node-red/table-file.ts';
import { readSamples } from '../../shared/csv/table.ts';
import { type Reading, readMessage } from '../detect/read-message.ts';
import type { ScorerOptions } from '../detect/scorer.ts';
import { type RecordingData, recorded } from './recording.ts';
import { type ReplayResult, ReplayRun } from './run.ts';
import { findTimeColumn } from './time-column.ts';

/** A replay takes no more; what comes after is not looked at. `numbers`: rows times tags. */
export interface ReplayLimits {
  rows: number;
  numbers: number;
  ms: number;
}

export const replayLimits: ReplayLimits = { rows: 500_000, numbers: 4_000_000, ms: 120_000 };

/** What a replay gave, and how much of its source it took. */
export interface FinishedReplay extends ReplayResult {
  /** The limit that ended it before its source did. */
  cut?: keyof ReplayLimits;
  /** Of a CSV, the column with the times; '' where there is none and a row counts as a second. */
  timeColumn?: string;
  /** How long it took, ms. */
  tookMs: number;
}

/** Counts what a replay takes, and says which limit it has reached. */
class Budget {
  rows = 0;
  #numbers = 0;
  readonly #limits: ReplayLimits;
  readonly #now: () => number;
  readonly #start: number;

  constructor(limits: ReplayLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
    this.#start = now();
  }

  get tookMs(): number {
    return this.#now() - this.#start;
  }

  take(numbers: number): keyof ReplayLimits | undefined {
    if (this.rows >= this.#limits.rows) return 'rows';
    if (this.#numbers + numbers > this.#limits.numbers) return 'numbers';
    if (this.rows % 256 === 0 && this.tookMs > this.#limits.ms) return 'ms';
    this.rows++;
    this.#numbers += numbers;
    return undefined;
  }
}

/** @param now ms of a clock that never goes back */
export function replayRecording(
  options: ScorerOptions,
  data: RecordingData,
  now: () => number,
  onRow: (rows: number, of: number) => void,
  limits = replayLimits,
): FinishedReplay {
  const run = new ReplayRun(options);
  const budget = new Budget(limits, now);
  let cut: keyof ReplayLimits | undefined;
  for (const entry of recorded(data)) {
    if ('resumed' in entry) {
      run.resume(entry.time);
      continue;
    }
    const { time } = entry;
    const reading = withRunning(entry.reading, entry.runningTag, options.running?.tag);
    cut = budget.take(reading.kind === 'sample' ? reading.numbers.length : 1);
    if (cut !== undefined) break;
    run.push(reading, time);
    onRow(budget.rows, data.messages);
  }
  return { ...run.result(), ...(cut && { cut }), tookMs: budget.tookMs };
}

/**
 * @param bytes of a CSV with the headings in its first line, as `sensor in` reads it
 * @param name of the file, for errors
 * @throws LinewatchError csv-empty, csv-columns, csv-malformed
 */
export async function replayTable(
  options: ScorerOptions,
  bytes: AsyncIterable<Uint8Array>,
  name: string,
  now: () => number,
  onRow: (rows: number) => void,
  limits = replayLimits,
): Promise<FinishedReplay> {
  const table = await readTable(bytes, name);
  const decimalComma = table.separator !== ',';
  const { timeColumn, records } = await findTimeColumn(table.records, decimalComma);
  const run = new ReplayRun(options);
  const budget = new Budget(limits, now);
  let cut: keyof ReplayLimits | undefined;
  for await (const row of readSamples(records, { timeColumn, intervalMs: 1000, columns: [], decimalComma }, name)) {
    if (row === undefined) {
      run.skip();
      continue;
    }
    cut = budget.take(Object.keys(row.payload).length);
    if (cut !== undefined) break;
    const { time: timestamp, payload, tags } = row;
    run.push(readMessage({ payload, tags, timestamp }, options.running?.tag), timestamp);
    onRow(budget.rows);
  }
  return { ...run.result(), ...(cut && { cut }), timeColumn, tookMs: budget.tookMs };
}

/** What says whether the machine runs: as it was recorded, or, where the dialog names another tag now, the number of that one. */
function withRunning(reading: Reading, recordedTag: string | undefined, tag: string | undefined): Reading {
  if (tag === recordedTag) return reading;
  const { running: _, ...rest } = reading;
  if (tag === undefined || rest.kind !== 'sample') return rest;
  const found = rest.numbers.find((number) => number.tag === tag);
  return found === undefined ? rest : { ...rest, running: found.value ?? null };
}
