/** When a host that fell is started again. Pure: time is given. */

/** After so many crashes without a good answer between them the model counts as broken. */
export const CRASHES_UNTIL_BROKEN = 5;

const FIRST_PAUSE_MS = 100;
const FIRST_REFUSAL_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

/** Pause before the restart after crash number `crashes` (from 1) in a row: 0.1, 0.2, 0.4 … 30 s. */
export function restartPauseMs(crashes: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (crashes - 1));
}

/**
 * How long messages to a broken model get its error at once before one of them has it tried again: 1, 2, 4 … 30 s.
 * @param failures refused loads, or times it was found broken, in a row (from 1)
 */
export function retryPauseMs(failures: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_REFUSAL_PAUSE_MS * 2 ** (failures - 1));
}
