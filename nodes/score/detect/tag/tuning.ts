/**
 * How the looks at one tag are weighed. All surprises are in nats, −ln of the chance that a healthy reading looks so. The defaults were set on
 * the Numenta Anomaly Benchmark (test/bench/nab), which also tells what they reach on series they were not set on.
 */
export interface TagTuning {
  /** Added to ln(readings so far), the surprise of any new extreme. */
  range: number;
  /** How many standard deviations a mean must have moved, and what is added to the surprise of Student's t. */
  shiftSd: number;
  shift: number;
  /** Added to the surprise of Student's t of the noise. */
  spread: number;
  /** Surprise per largest recent distance of the long course, and per mean recent distance of the short one, and what is added. */
  longSlope: number;
  long: number;
  shortSlope: number;
  short: number;
}

export const usualTuning: Readonly<TagTuning> = {
  ...{ range: 0.2, shiftSd: 2.5, shift: 1, spread: -3 },
  ...{ longSlope: 5, long: -0.8, shortSlope: 1.1, short: 1.9 },
};
