import type { Numbers } from '../tag/numbers.ts';

/**
 * A way to look at several tags as one. Values are in each tag's own scale, about 0 ± 1 when it joined. One sample: `look`, then, if it is to be
 * learned, `learn`.
 */
export interface Method {
  /**
   * How odd the tags are, 0 or larger, the larger the odder, and below 0 while that is not known: two ways to be odd, each fast (0, 1) and slow (2, 3); where
   * there are 8, the same of another model of the tags.
   */
  readonly scores: Float64Array;
  /** How many samples of each tag were learned. */
  readonly counts: Float64Array;

  /** Makes room for more tags. */
  grow(tags: number): void;
  /**
   * Judges a sample.
   * @param now [tags]; where there is no reading, the one before
   * @param present 1 where there is a reading
   * @param scored 1 where it counts: of tags that have just joined it is learned only
   */
  look(now: Float64Array, present: Uint8Array, scored: Uint8Array): void;
  /** Learns from the sample last looked at, and goes on to the next. @param weight 0..1 */
  learn(weight: number): void;
  /** Goes on to the next sample without having learned from this one. */
  step(): void;
  /** Tags that follow from those before them exactly. */
  dependent(): number[];
  /** How much each tag weighs in a score. */
  weigh(score: number, into: Float64Array): void;
  /** How far the tag is from what is expected of it, smoothed as the score is. */
  deviation(score: number, tag: number): number;
  /** The next sample follows no other: something lies between. */
  restart(): void;
  save(): number[];
  load(tags: number, from: Numbers): void;
}

/** Smoothing of the scores, twice: about the last 14 samples count, and about the last 140, for what is small and lasts. */
export const FAST = 0.07;
export const SLOW = 0.007;
