import type { ErrorCode, ErrorContext } from '../../../shared/errors.ts';
import type { Random } from '../../../shared/random.ts';
import type { WindowShape } from '../methods/shape.ts';
import { changeOf } from './change.ts';
import { episodeOf } from './episode.ts';
import { sketch } from './sketch.ts';
import { stretchOf } from './stretch.ts';

/** What would be refused, as code and context of a LinewatchError. */
export interface Suspicion {
  code: ErrorCode;
  context: ErrorContext;
}

/** Shares of the work at which looking for a change, and for what lasted, ends. */
const CHANGE_ENDS = 0.3;
const STRETCH_ENDS = 0.95;

/**
 * What speaks against calling these windows normal: a machine that became another one, or an episode unlike all the rest.
 * @param rows [n, width], all of them in the order of time
 * @param onProgress told the share (0..1) of the work that is done
 */
export function suspicions(
  rows: Float32Array,
  times: Float64Array,
  shape: WindowShape,
  random: Random,
  onProgress: (share: number) => void,
): Suspicion[] {
  const looked = sketch(rows, times, shape);
  const part = (from: number, to: number) => (share: number) => onProgress(from + (to - from) * share);
  const found =
    changeOf(looked, random, part(0, CHANGE_ENDS)) ??
    stretchOf(looked, random, part(CHANGE_ENDS, STRETCH_ENDS)) ??
    episodeOf(looked, random, part(STRETCH_ENDS, 1));
  return found === undefined ? [] : [found];
}
