import type { Random } from '../../../shared/random.ts';
import { readableTime } from '../../../shared/readable.ts';
import { quantile } from '../../../shared/statistics.ts';
import { pickRows } from '../methods/shape.ts';
import { judge, worstColumn } from './judge.ts';
import type { Sketch } from './sketch.ts';
import type { Suspicion } from './suspicions.ts';

/** Stretches of these parts of the time are looked at, half a stretch apart: one of them lies within whatever lasted twice as long. */
const PARTS = [80, 40, 20, 10, 5];
const LEAST_WINDOWS = 12;
/** What a model of a stretch alone finds less than so many times off is like it: few windows make a narrow model. */
const ALIKE_TIMES = 8;
/** What is found in so many separate eighths of the time, or in nearly all of them, is a way of running. */
const EIGHTHS = 8;
const OF_AN_EIGHTH = 0.1;
const OFTEN = 3;
const NEARLY_ALWAYS = 6;
/** The rest must be left to be compared with. */
const LEAST_REST = 0.4;
/** Three in four windows are so many times further off than ordinary for a model of the rest. Healthy duty points come to 2.6 in an hour. */
const UNLIKE_TIMES = 5;
const MANY = 0.75;

/**
 * Something that lasted, once or twice, up to half of the time, and is unlike all the rest. The rest must not know it, or it would be found normal there:
 * so what is like a stretch is looked for first, and everything that is goes out of the rest.
 */
export function stretchOf(looked: Sketch, random: Random, onProgress: (share: number) => void): Suspicion | undefined {
  const { rows, times, shape, step } = looked;
  const n = times.length;
  let most = UNLIKE_TIMES;
  let found: Suspicion | undefined;
  for (const [index, part] of PARTS.entries()) {
    onProgress(index / PARTS.length);
    const length = Math.floor(n / part);
    if (length < LEAST_WINDOWS) continue;
    for (let from = 0; from + length <= n; from += length >> 1) {
      const alike = alikeTo(looked, from, length, random);
      const rest = restOf(alike, length >> 2);
      if (isWayOfRunning(alike) || rest.length < LEAST_REST * n) continue;
      const own = numbersOf(alike);
      const judged = judge(pickRows(rows, shape.width, rest), pickRows(rows, shape.width, own), shape, random);
      const within = judged.totals.filter((_, i) => (own[i] as number) >= from && (own[i] as number) < from + length);
      const off = Math.min(manyAbove(within), manyAbove(judged.totals));
      if (off <= most) continue;
      most = off;
      // Said of all that is so far off: what is alike is found by a narrow model.
      const all = judge(pickRows(rows, shape.width, rest), rows, shape, random);
      const unlike = numbersOf(Array.from(all.totals, (total) => total > UNLIKE_TIMES));
      const now = times[n - 1] as number;
      const timeOf = (row: number | undefined) => readableTime(times[row as number] as number, now);
      const column = worstColumn(pickRows(all.errors, shape.columnCount, unlike), shape);
      found = {
        code: 'learn-anomalous',
        context: { count: unlike.length * step, from: timeOf(unlike[0]), to: timeOf(unlike.at(-1)), column },
      };
    }
  }
  return found;
}

/** For each window whether it is like the stretch; those of the stretch are. */
function alikeTo({ rows, shape }: Sketch, from: number, length: number, random: Random): boolean[] {
  const stretch = rows.subarray(from * shape.width, (from + length) * shape.width);
  const { totals } = judge(stretch, rows, shape, random);
  return Array.from(totals, (total, row) => total <= ALIKE_TIMES || (row >= from && row < from + length));
}

/** Whether it recurs. One thing that lasted half of the time is in five eighths at most. */
function isWayOfRunning(alike: readonly boolean[]): boolean {
  const isIn = Array.from({ length: EIGHTHS }, (_, i) => {
    const eighth = alike.slice(Math.floor((i * alike.length) / EIGHTHS), Math.floor(((i + 1) * alike.length) / EIGHTHS));
    return eighth.filter(Boolean).length >= OF_AN_EIGHTH * eighth.length;
  });
  const times = isIn.filter((is, i) => is && isIn[i - 1] !== true).length;
  return times >= OFTEN || isIn.filter(Boolean).length >= NEARLY_ALWAYS;
}

/** Windows that are neither alike nor within `near` of one that is: there it began or ended. */
function restOf(alike: readonly boolean[], near: number): number[] {
  const isNear = new Uint8Array(alike.length);
  for (const row of numbersOf(alike)) isNear.fill(1, Math.max(0, row - near), row + near + 1);
  return [...isNear.keys()].filter((row) => isNear[row] === 0);
}

const numbersOf = (flags: readonly boolean[]) => [...flags.keys()].filter((row) => flags[row]);
const manyAbove = (totals: Float64Array) => quantile(totals.slice().sort(), 1 - MANY);
