import { LinewatchError } from '../../../shared/errors.ts';
import { median } from '../../../shared/statistics.ts';

/** Row numbers, ascending. Nothing of `heldOut` has any part in making a model. */
export interface Split {
  training: Uint32Array;
  /** Where training stops, and how large a typical error is. */
  stopping: Uint32Array;
  /** What the model is measured on. In pieces, each without a break in time. */
  heldOut: Uint32Array[];
}

/** Block by block in time: each part sees early and late windows, and the last block is held out, as the future is. */
const ROLES = ['T', 'T', 'C', 'T', 'S', 'T', 'C', 'T', 'T', 'S', 'T', 'C'] as const;
/** Below this there is nothing to measure. */
export const LEAST_TRAINING = 40;
const LEAST_STOPPING = 8;
const LEAST_HELD_OUT = 16;
/** Of what was too few, so many times as many are asked for at least. */
const FURTHER = 1.25;

/**
 * Splits rows into consecutive blocks for training, stopping and measuring. At the end of each block rows are left out that share samples with the
 * next one: windows overlap, and a held-out window of which half was trained on measures nothing.
 * @param times end of each window, epoch ms
 * @throws LinewatchError learn-too-few
 */
export function splitInTime(times: Float64Array, windowMs: number): Split {
  const n = times.length;
  const parts: Record<(typeof ROLES)[number], number[][]> = { T: [], S: [], C: [] };
  ROLES.forEach((role, block) => {
    const from = Math.floor((block * n) / ROLES.length);
    const to = Math.floor(((block + 1) * n) / ROLES.length);
    const next = ROLES[block + 1];
    const rows: number[] = [];
    // A window covers (end − windowMs, end]; `to` is the first of the next block.
    const limit = next === undefined || next === role ? Number.POSITIVE_INFINITY : (times[to] as number) - windowMs;
    for (let row = from; row < to; row++) if ((times[row] as number) <= limit) rows.push(row);
    parts[role].push(rows);
  });
  const training = Uint32Array.from(parts.T.flat());
  const stopping = Uint32Array.from(parts.S.flat());
  const heldOut = parts.C.filter((rows) => rows.length > 0).map((rows) => Uint32Array.from(rows));
  const measured = heldOut.reduce((sum, { length }) => sum + length, 0);
  if (training.length < LEAST_TRAINING || stopping.length < LEAST_STOPPING || measured < LEAST_HELD_OUT) {
    throw new LinewatchError('learn-too-few', { got: n, expected: leastRows(times, windowMs) });
  }
  return { training, stopping, heldOut };
}

/** How many windows are enough when they come as these do: each change of role costs those that overlap. */
function leastRows(times: Float64Array, windowMs: number): number {
  const n = times.length;
  // A pause of days must not hide that windows overlap.
  const hop = n < 2 ? 0 : median(times.subarray(1).map((time, i) => time - (times[i] as number)));
  const overlapping = hop > 0 ? Math.max(0, Math.ceil(windowMs / hop) - 1) : 0;
  const perBlock = Math.max(LEAST_TRAINING / 7, LEAST_STOPPING / 2, LEAST_HELD_OUT / 3);
  const needed = Math.ceil((perBlock + overlapping) * ROLES.length + ROLES.length);
  // Where that was wrong, a training for each window more would be none the wiser.
  return Math.max(needed, Math.ceil(FURTHER * n));
}
