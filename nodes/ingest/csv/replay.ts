import type { Cancel, Clock } from '../../shared/clock.ts';
import type { SampleRow } from '../../shared/csv/table.ts';

export interface Replay {
  stop(): void;
  /** Resolves when the replay has ended or was stopped; rejects with what opening or reading threw. */
  readonly done: Promise<void>;
}

export interface ReplayOptions {
  /** Opens the table from its beginning; again for each loop. */
  open(): Promise<AsyncIterable<SampleRow | undefined>>;
  /** 1: as recorded; 60: a minute in a second. */
  speed: number;
  loop: boolean;
  /** ms between the last row and the first of the next loop. */
  pauseMs: number;
  /** `time`: the row's own, moved on by the length of the file in each loop, so that it never goes back. */
  onRow(row: SampleRow, time: number): void;
  /** A row without a usable time: its number in the file's data, from 1. */
  onSkipped(number: number): void;
}

/** Rows sent in one turn of the event loop when the replay is behind. */
const ROWS_PER_TURN = 100;

/** Sends rows at the distances of their times, divided by `speed`. The clock is held while the file is read. */
export function startReplay(clock: Clock, options: ReplayOptions): Replay {
  let stopped = false;
  let wake: () => void = () => {};
  let cancel: Cancel = () => {};
  let release: () => void = clock.hold();

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      wake = resolve;
      cancel = clock.after(ms, resolve);
      release();
    }).then(() => {
      release = clock.hold();
    });

  const run = async () => {
    let shift = 0;
    let begin: { time: number; at: number } | undefined;
    let inTurn = 0;
    do {
      let number = 0;
      let first: number | undefined;
      let last = 0;
      for await (const row of await options.open()) {
        if (stopped) return;
        number++;
        if (row === undefined) {
          options.onSkipped(number);
          continue;
        }
        first ??= row.time;
        last = row.time;
        const time = row.time + shift;
        begin ??= { time, at: clock.now() };
        const waitMs = begin.at + (time - begin.time) / options.speed - clock.now();
        if (waitMs > 0) {
          await pause(waitMs);
          inTurn = 0;
        } else if (++inTurn >= ROWS_PER_TURN) {
          await new Promise((resolve) => setImmediate(resolve));
          inTurn = 0;
        }
        if (stopped) return;
        options.onRow(row, time);
      }
      // A file without one good row would be read over and over.
      if (first === undefined) return;
      shift += last - first + options.pauseMs;
    } while (options.loop && !stopped);
  };

  return {
    done: run().finally(() => release()),
    stop() {
      stopped = true;
      cancel();
      wake();
    },
  };
}
